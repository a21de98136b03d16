#include "clients/formats/formats.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/formats/complete.h"
#include "clients/formats/json_text.h"
#include "clients/formats/parsers.h"
#include "clients/formats/refused.h"
#include "clients/formats/text.h"
#include "common/status_macros.h"
#include "crypto/cms.h"

namespace twofold {
namespace {

// How much of a text file its format shows in.
constexpr size_t kHead = 65536;

bool IsXml(absl::string_view head) {
  return absl::StartsWith(head, "<") &&
         (absl::StrContains(head, "KeyContainer") || absl::StrContains(head, "SecretContainer"));
}

bool IsKeycloak(absl::string_view text) {
  const JsonText document(text);
  if (!document.ok()) return false;
  const nlohmann::json& root = document.root();
  const nlohmann::json& realm = root.is_array() && !root.empty() ? root.front() : root;
  return JsonMember(realm, "realm") != nullptr &&
         (JsonMember(realm, "users") != nullptr || JsonMember(realm, "id") != nullptr);
}

// The format of the first line with a URI that is read. Lists may have other lines in front.
std::string UriFormat(absl::string_view head) {
  LineReader lines(head);
  for (absl::string_view line; lines.Next(line);) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (absl::StartsWithIgnoreCase(line, "otpauth-migration://")) return "google-migration";
    if (absl::StartsWithIgnoreCase(line, "otpauth://")) return "otpauth";
  }
  return "";
}

// The first line that is no comment.
absl::string_view FirstLine(absl::string_view head) {
  LineReader lines(head);
  for (absl::string_view line; lines.Next(line);) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && line[0] != '#') return line;
  }
  return {};
}

bool IsYubikeyCsv(absl::string_view line) {
  const CsvRow row(line);
  for (const absl::string_view kind : {"OATH-HOTP", "Yubico OTP", "Static Password", "Challenge-Response"}) {
    if (absl::EqualsIgnoreCase(row[0], kind)) return true;
  }
  // Yubico's own format has a time in the sixth column.
  return absl::StartsWithIgnoreCase(line, "LOGGING START") ||
         (row.size() >= 6 && ReadNumber(row[0], INT64_MAX).has_value() && absl::StrContains(row[5], 'T') &&
          absl::StrContains(row[5], ':'));
}

// A line of names may stand in front.
bool IsOathCsv(absl::string_view head) {
  constexpr size_t kLines = 20;
  constexpr size_t kUserColumns = 3;
  LineReader lines(head);
  for (absl::string_view line; lines.Next(line) && lines.number() <= kLines;) {
    const CsvRow row(line);
    if (ReadHex(row[1]).has_value()) return true;
    if (row.size() > kUserColumns + 1 && ReadHex(row[kUserColumns + 1]).has_value()) return true;
  }
  return false;
}

std::string NameOfReadFormat(absl::string_view text) {
  if (LooksLikeCms(text)) return kSealedFormat;
  const absl::string_view plain = absl::StripLeadingAsciiWhitespace(WithoutByteOrderMark(text));
  const absl::string_view head = plain.substr(0, kHead);
  const absl::string_view line = FirstLine(head);
  if (IsXml(head)) return "pskc";
  if (absl::StartsWith(head, "{") || absl::StartsWith(head, "[")) return IsKeycloak(text) ? "keycloak" : "";
  if (absl::StartsWith(line, "totp_configurations:") || line == "---" ||
      absl::StartsWith(line, kAutheliaCsvHeader)) {
    return "authelia";
  }
  if (std::string uris = UriFormat(head); !uris.empty()) return uris;
  if (IsYubikeyCsv(line)) return "yubikey-csv";
  if (IsOathCsv(head)) return "oath-csv";
  return "";
}

absl::Status CheckSize(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("the file is empty");
  if (text.size() <= kMaxImportFileSize) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the file has ", text.size(), " bytes, and ",
                                                 kMaxImportFileSize, " are allowed: split it"));
}

std::string Refusal(const RefusedFormat& refused) {
  return absl::StrCat("the file is ", refused.what, ", and such files are not read: ", refused.way);
}

}  // namespace

const std::vector<ImportFormat>& ImportFormats() {
  static const auto* const formats = new std::vector<ImportFormat>{
      {"otpauth", "A list of otpauth:// URIs", "line", &ParseUriList},
      {"google-migration", "Google Authenticator's otpauth-migration:// URIs", "line", &ParseUriList},
      {"oath-csv", "CSV of OATH tokens, as privacyIDEA and LinOTP read it", "line", &ParseOathCsv},
      {"yubikey-csv", "CSV of Yubico's personalization tools", "line", &ParseYubikeyCsv},
      {"pskc", "PSKC (RFC 6030), plain or encrypted", "key", &ParsePskc},
      {"keycloak", "A realm that Keycloak exported with its users, in JSON", "credential", &ParseKeycloak},
      {"authelia", "YAML or CSV of authelia storage user totp export", "configuration", &ParseAuthelia},
  };
  return *formats;
}

const ImportFormat* FindImportFormat(absl::string_view name) {
  const std::vector<ImportFormat>& formats = ImportFormats();
  const auto at = std::find_if(formats.begin(), formats.end(),
                               [name](const ImportFormat& format) { return name == format.name; });
  return at == formats.end() ? nullptr : &*at;
}

absl::StatusOr<std::string> DetectImportFormat(absl::string_view text) {
  TWOFOLD_RETURN_IF_ERROR(CheckSize(text));
  // Some refused files hold lines of formats that are read.
  if (const RefusedFormat* refused = FindRefusedFormat(text); refused != nullptr)
    return absl::InvalidArgumentError(Refusal(*refused));
  if (std::string name = NameOfReadFormat(text); !name.empty()) return name;
  const std::string names =
      absl::StrJoin(ImportFormats(), ", ",
                    [](std::string* out, const ImportFormat& format) { absl::StrAppend(out, format.name); });
  return absl::InvalidArgumentError(
      absl::StrCat("the format of the file is not known: name it with --format, if it is one of ", names,
                   " and ", kSealedFormat));
}

absl::StatusOr<ParsedFile> ReadImportFile(const ImportFormat& format, absl::string_view text,
                                          const ImportOptions& options) {
  TWOFOLD_RETURN_IF_ERROR(CheckSize(text));
  if (const RefusedFormat* refused = FindRefusedFormat(text); refused != nullptr)
    return absl::InvalidArgumentError(Refusal(*refused));
  TWOFOLD_ASSIGN_OR_RETURN(ParsedFile file, format.parse(text, options));
  CompleteEntries(file, options);
  return file;
}

}  // namespace twofold
