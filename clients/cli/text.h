#ifndef TWOFOLD_CLIENTS_CLI_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_TEXT_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

// Returns `text` fit for a terminal. Control characters, invisible formatting characters (such as
// bidirectional overrides) and bytes that are not UTF-8 become \xNN or \u{NNNN}. A stored
// description must not move the cursor.
std::string EscapeControls(absl::string_view text);

// Applies EscapeControls to each line of `text` but keeps colours (SGR sequences, ECMA-48
// §8.3.117), because a QR code brings its own black and white.
std::string EscapeAllButColours(absl::string_view text);

// Returns the code in `text` in the form that the server takes. Apps and backup sheets show groups,
// and phones paste no-break spaces and invisible marks. The function removes white space, invisible
// characters, and dashes between other characters. Everything else stays for the server to check.
std::string CodeAsSent(absl::string_view text);

// Formats as ISO 8601 in `zone`, to the second: "2024-05-01T12:34:56+02:00".
std::string IsoTime(const google::protobuf::Timestamp& time, absl::TimeZone zone = absl::LocalTimeZone());

// Formats a waiting time for people, rounded up: "28 s", "12 min", "3 h".
std::string WaitingTime(absl::Duration wait);

// Quotes `argument` so that a POSIX shell reads it back.
std::string ShellQuote(absl::string_view argument);

// Returns how many rows `text`, which has no line breaks, takes on a terminal with `columns`
// columns.
int RowsOf(absl::string_view text, int columns);

// Formats rows with equal numbers of cells as aligned lines, with two spaces between columns. The
// last column is not padded. Wide characters count 2 and combining characters 0, as on a terminal.
std::string AlignColumns(const std::vector<std::vector<std::string>>& rows);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_TEXT_H_
