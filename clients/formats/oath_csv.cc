#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/formats/parsers.h"
#include "clients/formats/text.h"

namespace twofold {
namespace {

constexpr size_t kUserColumns = 3;

// How many lines left what out.
struct Omissions {
  size_t type = 0;
  size_t digits = 0;
  size_t period = 0;
  size_t counter = 0;
};

// Whether this comment says that user, resolver and realm come first.
bool NamesUsers(absl::string_view comment) {
  comment = absl::StripLeadingAsciiWhitespace(comment.substr(1));
  if (!absl::ConsumePrefix(&comment, "version:")) return false;
  return absl::StripAsciiWhitespace(comment) == "2";
}

std::string Number(const CsvRow& row, size_t column, absl::string_view name, std::optional<int64_t>& number) {
  if (row[column].empty()) return "";
  number = ReadNumber(row[column], std::numeric_limits<int64_t>::max());
  return number.has_value() ? "" : absl::StrCat("has a ", name, " that is not a number");
}

std::string SetType(const CsvRow& row, size_t first, ImportedEntry& entry, Omissions& omissions) {
  const std::string type = absl::AsciiStrToLower(row[first + 2]);
  if (type.empty()) ++omissions.type;
  entry.type = type == "totp" ? OtpType::kTotp : OtpType::kHotp;
  if (type.empty() || type == "totp" || type == "hotp") return "";
  return absl::StrCat("is of the type ", type.substr(0, 20), ", which is neither hotp nor totp");
}

// Returns what is wrong with the row, as the end of a sentence.
std::string ReadRow(const CsvRow& row, size_t first, ImportedEntry& entry, Omissions& omissions) {
  if (!row.ok()) return "has a quote that is not closed";
  if (row.size() < first + 2) return "has less than two columns";
  entry.serial = std::string(row[first]);
  entry.account = entry.serial;
  if (entry.serial.empty()) return "has no serial number";
  if (std::string fault = SetType(row, first, entry, omissions); !fault.empty()) return fault;
  std::optional<SecretBytes> secret = ReadHex(row[first + 1]);
  if (!secret.has_value()) return "has a secret that is not hexadecimal";
  entry.secret = *std::move(secret);
  std::optional<int64_t> digits;
  std::optional<int64_t> moving;
  const bool is_totp = entry.type == OtpType::kTotp;
  std::string fault = Number(row, first + 3, "number of digits", digits);
  if (fault.empty()) fault = Number(row, first + 4, is_totp ? "period" : "counter", moving);
  if (!fault.empty()) return fault;
  constexpr int64_t kMaxInt = std::numeric_limits<int>::max();
  if (digits.value_or(0) > kMaxInt || (is_totp && moving.value_or(0) > kMaxInt))
    return "has too large a number";
  if (!digits.has_value()) ++omissions.digits;
  entry.digits = static_cast<int>(digits.value_or(kDefaultDigits));
  if (!moving.has_value()) ++(is_totp ? omissions.period : omissions.counter);
  if (is_totp) {
    entry.period_seconds = static_cast<int>(moving.value_or(kDefaultPeriodSeconds));
  } else {
    entry.counter = moving.value_or(0);
  }
  if (row[first + 5].empty()) return "";
  entry.algorithm = ReadAlgorithm(row[first + 5]);
  return entry.algorithm.has_value() ? "" : "has a hash that is none of SHA1, SHA256 and SHA512";
}

// privacyIDEA and LinOTP fill in the same values.
void NoteOmissions(const Omissions& omissions, ParsedFile& file) {
  const auto note = [&file](size_t count, absl::string_view what, absl::string_view value) {
    if (count == 0) return;
    file.notes.push_back(absl::StrCat(count, count == 1 ? " line leaves" : " lines leave", " out the ", what,
                                      ", which means ", value, " in this format."));
  };
  note(omissions.type, "type", "hotp");
  note(omissions.digits, "digits", "6");
  note(omissions.period, "period", "30 s");
  note(omissions.counter, "counter", "0");
}

}  // namespace

absl::StatusOr<ParsedFile> ParseOathCsv(absl::string_view text, const ImportOptions& /*options*/) {
  ParsedFile file;
  Omissions omissions;
  size_t first = 0;
  LineReader lines(text);
  for (absl::string_view line; lines.Next(line);) {
    line = absl::StripAsciiWhitespace(line);
    if (lines.number() == 1 && absl::StartsWith(line, "#") && NamesUsers(line)) first = kUserColumns;
    if (line.empty() || line[0] == '#') continue;
    const CsvRow row(line);
    ImportedEntry entry;
    entry.position = lines.number();
    if (first > 0) entry.user = std::string(row[0]);
    if (std::string fault = ReadRow(row, first, entry, omissions); !fault.empty()) {
      file.errors.push_back({entry.position, entry.serial, std::move(fault)});
    } else {
      file.entries.push_back(std::move(entry));
    }
    if (file.entries.size() + file.errors.size() > kMaxImportEntries)
      return absl::InvalidArgumentError("the file has too many lines");
  }
  if (file.entries.empty() && file.errors.empty())
    return absl::InvalidArgumentError("there is nothing to import: the file is empty or has only comments");
  NoteOmissions(omissions, file);
  return file;
}

}  // namespace twofold
