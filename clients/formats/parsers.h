#ifndef TWOFOLD_CLIENTS_FORMATS_PARSERS_H_
#define TWOFOLD_CLIENTS_FORMATS_PARSERS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/formats/imported.h"

// One parser for each format. An error is INVALID_ARGUMENT and refuses the whole file. Its message
// is a sentence without its full stop. Entries come in the order of the file and are not yet
// complete.

namespace twofold {

// A list of otpauth:// and otpauth-migration:// URIs, one a line. Blank lines and lines that begin
// with a number sign are skipped.
absl::StatusOr<ParsedFile> ParseUriList(absl::string_view text, const ImportOptions& options);

// The CSV files for OATH tokens of privacyIDEA and LinOTP: serial number, secret in hexadecimal,
// type, digits, period or counter, hash. With the comment "# version: 2" user, resolver and realm
// come first.
absl::StatusOr<ParsedFile> ParseOathCsv(absl::string_view text, const ImportOptions& options);

// The logs of Yubico's personalization tools, in the traditional format and in Yubico's own.
absl::StatusOr<ParsedFile> ParseYubikeyCsv(absl::string_view text, const ImportOptions& options);

// RFC 6030 and its drafts.
absl::StatusOr<ParsedFile> ParsePskc(absl::string_view text, const ImportOptions& options);

// A realm that Keycloak exported with its users, as one file or as a file of users.
absl::StatusOr<ParsedFile> ParseKeycloak(absl::string_view text, const ImportOptions& options);

// The first line of Authelia's CSV.
inline constexpr char kAutheliaCsvHeader[] = "issuer,username,algorithm,digits,period,secret";

// `authelia storage user totp export`, as YAML or as CSV.
absl::StatusOr<ParsedFile> ParseAuthelia(absl::string_view text, const ImportOptions& options);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_PARSERS_H_
