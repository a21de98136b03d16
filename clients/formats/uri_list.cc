#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/formats/google_migration.h"
#include "clients/formats/parsers.h"
#include "clients/formats/text.h"
#include "server/methods/otp/otpauth_uri.h"

namespace twofold {
namespace {

constexpr absl::string_view kMigrationScheme = "otpauth-migration://";

// The URI's codes that are letters have names of their own in the types and parameters of apps.
bool IsSteam(absl::string_view line) {
  return absl::StartsWithIgnoreCase(line, "otpauth://steam") ||
         absl::StartsWithIgnoreCase(line, "steam://") ||
         absl::StrContains(absl::AsciiStrToLower(line.substr(line.find('?') + 1)), "encoder=steam") ||
         (absl::StartsWithIgnoreCase(line, "otpauth://totp/steam:") && absl::StrContains(line, "digits=5"));
}

std::string Scheme(absl::string_view line) {
  const size_t end = line.find("://");
  constexpr size_t kLongest = 20;
  // The position is the largest number where there is none.
  if (end > kLongest) return "";
  return absl::AsciiStrToLower(line.substr(0, end));
}

absl::Status Fault(absl::string_view line) {
  if (IsSteam(line)) return absl::InvalidArgumentError("is a Steam account, whose codes have letters");
  const std::string scheme = Scheme(line);
  if (scheme.empty()) return absl::InvalidArgumentError("is not an otpauth URI");
  if (scheme == "otpauth") return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("is a URI of the scheme ", absl::CHexEscape(scheme),
                                                 ", and only otpauth and otpauth-migration are read"));
}

void AddUri(absl::string_view line, size_t number, const ImportOptions& options, ParsedFile& file) {
  if (const absl::Status fault = Fault(line); !fault.ok()) {
    file.errors.push_back({number, "", std::string(fault.message())});
    return;
  }
  absl::StatusOr<OtpauthUri> uri = ParseOtpauthUri(line, options.defaults.counter);
  if (!uri.ok()) {
    file.errors.push_back({number, "", absl::StrCat("is refused: ", uri.status().message())});
    return;
  }
  ImportedEntry entry;
  entry.position = number;
  entry.type = uri->type;
  entry.issuer = std::move(uri->issuer);
  entry.account = std::move(uri->account_name);
  entry.user = entry.account;
  entry.secret = std::move(uri->secret);
  entry.algorithm = uri->algorithm;
  entry.digits = uri->digits;
  entry.period_seconds = uri->period_seconds;
  entry.counter = uri->counter;
  file.entries.push_back(std::move(entry));
}

}  // namespace

absl::StatusOr<ParsedFile> ParseUriList(absl::string_view text, const ImportOptions& options) {
  ParsedFile file;
  GoogleMigration migration;
  LineReader lines(text);
  bool any_uri = false;
  bool any_line = false;
  for (absl::string_view line; lines.Next(line);) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    any_line = true;
    any_uri = any_uri || absl::StartsWithIgnoreCase(line, "otpauth");
    if (absl::StartsWithIgnoreCase(line, kMigrationScheme)) {
      migration.Add(line.substr(kMigrationScheme.size()), lines.number(), file);
    } else {
      AddUri(line, lines.number(), options, file);
    }
    if (file.entries.size() + file.errors.size() > kMaxImportEntries)
      return absl::InvalidArgumentError("the file has too many lines");
  }
  if (!any_line)
    return absl::InvalidArgumentError("there is nothing to import: the file has only comments or is empty");
  if (!any_uri) return absl::InvalidArgumentError("the file has no otpauth:// or otpauth-migration:// URI");
  migration.NoteMissingParts(file);
  return file;
}

}  // namespace twofold
