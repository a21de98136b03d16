#ifndef TWOFOLD_CLIENTS_CLI_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_TEXT_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

bool IsUtf8(absl::string_view text);

// `text` fit for a terminal: control and invisible formatting characters (bidirectional overrides among them)
// become \xNN or \u{NNNN}, and so do bytes that are not UTF-8. What somebody stored as a description must not
// move the cursor.
std::string EscapeControls(absl::string_view text);

// EscapeControls of each line of `text`, except that colours (SGR sequences, ECMA-48 §8.3.117) stay: a QR
// code brings its own black and white.
std::string EscapeAllButColours(absl::string_view text);

// A typed or pasted code as the server takes it. Apps and backup sheets show groups, and phones paste
// no-break spaces and invisible marks along: white space and invisible characters go, and so do dashes
// between other characters. Everything else stays, so that the server judges it.
std::string CodeAsSent(absl::string_view typed);

// ISO 8601 in `zone`, to the second: "2024-05-01T12:34:56+02:00".
std::string IsoTime(const google::protobuf::Timestamp& time, absl::TimeZone zone = absl::LocalTimeZone());

// A waiting time for people, rounded up: "28 s", "12 min", "3 h".
std::string WaitingTime(absl::Duration wait);

// `argument` as a POSIX shell reads it back.
std::string ShellQuote(absl::string_view argument);

// How many rows `text`, without line breaks, takes on a terminal of so many columns.
int RowsOf(absl::string_view text, int columns);

// Rows of equally many cells as aligned lines, two spaces between columns; the last column is not padded.
// Widths are those of a terminal: wide and combining characters count 2 and 0.
std::string AlignColumns(const std::vector<std::vector<std::string>>& rows);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_TEXT_H_
