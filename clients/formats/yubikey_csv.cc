#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/formats/parsers.h"
#include "clients/formats/text.h"

namespace twofold {
namespace {

constexpr char kIssuer[] = "Yubico";
// The columns of the traditional format.
constexpr size_t kPublicId = 3;
constexpr size_t kTraditionalSecret = 5;
constexpr size_t kTraditionalDigits = 11;
// The columns of Yubico's own format.
constexpr size_t kPrivateId = 2;
constexpr size_t kYubicoSecret = 3;

bool IsNumber(absl::string_view text) {
  return ReadNumber(text, std::numeric_limits<int64_t>::max()).has_value();
}

// Writes the secret and returns what is wrong with the row, as the end of a sentence.
std::string ReadSecret(absl::string_view hex, ImportedEntry& entry) {
  std::optional<SecretBytes> secret = ReadHex(hex);
  if (!secret.has_value()) return "has a secret that is not usable hexadecimal";
  entry.secret = *std::move(secret);
  return "";
}

// "OATH-HOTP,11.12.13 18:55,1,cccccccccccc,,SECRET,,,0,0,0,6,0,0,0,0,0,0"
std::string ReadTraditional(const CsvRow& row, ImportedEntry& entry) {
  const std::string kind = absl::AsciiStrToLower(row[0]);
  if (kind == "static password") return "is a slot with a static password, which has no HOTP";
  if (kind == "yubico otp")
    return "is a slot with Yubico OTP (AES) or challenge and response, which has no HOTP";
  if (kind != "oath-hotp")
    return absl::StrCat("is a slot of another kind (", kind.substr(0, 30), "), which has no HOTP");
  entry.account = std::string(row[kPublicId]);
  const std::optional<int64_t> digits = ReadNumber(row[kTraditionalDigits], 100);
  // Zero stands where nothing was chosen.
  if (digits.has_value() && *digits > 0) entry.digits = static_cast<int>(*digits);
  return ReadSecret(row[kTraditionalSecret], entry);
}

// "508327,,0,SECRET,,2013-12-12T08:41:07,"
std::string ReadYubico(const CsvRow& row, ImportedEntry& entry) {
  entry.serial = std::string(row[0]);
  entry.account = entry.serial;
  if (row[kPrivateId].empty()) return "is a slot with a static password, which has no HOTP";
  if (row[kPrivateId] != "0") return "is a slot with Yubico OTP (AES), which has no HOTP";
  return ReadSecret(row[kYubicoSecret], entry);
}

std::string ReadRow(const CsvRow& row, ImportedEntry& entry) {
  if (!row.ok()) return "has a quote that is not closed";
  if (row.size() < kTraditionalSecret + 1) return "has less than six columns";
  return IsNumber(row[0]) ? ReadYubico(row, entry) : ReadTraditional(row, entry);
}

}  // namespace

absl::StatusOr<ParsedFile> ParseYubikeyCsv(absl::string_view text, const ImportOptions& /*options*/) {
  ParsedFile file;
  LineReader lines(text);
  for (absl::string_view line; lines.Next(line);) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || absl::StartsWithIgnoreCase(line, "LOGGING ")) continue;
    const CsvRow row(line);
    ImportedEntry entry;
    entry.position = lines.number();
    entry.type = OtpType::kHotp;
    entry.issuer = kIssuer;
    // A slot has no other hash, and counts from 0 when it is programmed.
    entry.algorithm = HashAlgorithm::kSha1;
    entry.counter = 0;
    if (std::string fault = ReadRow(row, entry); !fault.empty()) {
      file.errors.push_back({entry.position, entry.account, std::move(fault)});
    } else {
      file.entries.push_back(std::move(entry));
    }
    if (file.entries.size() + file.errors.size() > kMaxImportEntries)
      return absl::InvalidArgumentError("the file has too many lines");
  }
  if (file.entries.empty() && file.errors.empty())
    return absl::InvalidArgumentError("there is nothing to import: the file is empty or has only comments");
  if (!file.entries.empty()) {
    file.notes.emplace_back(
        "The file has no counters. Keys count from 0, as they do when they have just been programmed.");
  }
  return file;
}

}  // namespace twofold
