#include "clients/formats/text.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/hex.h"

namespace twofold {
namespace {

constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }

std::string WithoutSpace(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) out.push_back(c);
  }
  return out;
}

}  // namespace

absl::string_view WithoutByteOrderMark(absl::string_view text) {
  absl::ConsumePrefix(&text, kByteOrderMark);
  return text;
}

LineReader::LineReader(absl::string_view text) : rest_(WithoutByteOrderMark(text)) {}

bool LineReader::Next(absl::string_view& line) {
  if (rest_.empty()) return false;
  const size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
  line = rest_.substr(0, end);
  rest_.remove_prefix(end);
  if (!absl::ConsumePrefix(&rest_, "\r\n") && !rest_.empty()) rest_.remove_prefix(1);
  ++number_;
  return true;
}

CsvRow::CsvRow(absl::string_view line) : ok_(Parse(line)) {}

CsvRow::~CsvRow() {
  for (std::string& cell : cells_) WipeString(cell);
}

bool CsvRow::Parse(absl::string_view line) {
  for (bool more = true; more;) {
    line = absl::StripLeadingAsciiWhitespace(line);
    std::string cell;
    if (absl::ConsumePrefix(&line, "\"")) {
      for (;;) {
        const size_t quote = line.find('"');
        if (quote == absl::string_view::npos) return false;
        absl::StrAppend(&cell, line.substr(0, quote));
        line.remove_prefix(quote + 1);
        if (!absl::ConsumePrefix(&line, "\"")) break;
        cell.push_back('"');
      }
      line = absl::StripLeadingAsciiWhitespace(line);
      if (!line.empty() && line[0] != ',') return false;
    } else {
      const absl::string_view plain = line.substr(0, line.find(','));
      cell = std::string(absl::StripTrailingAsciiWhitespace(plain));
      line.remove_prefix(plain.size());
    }
    cells_.push_back(std::move(cell));
    more = absl::ConsumePrefix(&line, ",");
  }
  return true;
}

absl::string_view CsvRow::operator[](size_t index) const {
  return index < cells_.size() ? absl::string_view(cells_[index]) : absl::string_view();
}

std::optional<int64_t> ReadNumber(absl::string_view text, int64_t highest) {
  if (text.empty()) return std::nullopt;
  int64_t number = 0;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)) || number > highest / 10) return std::nullopt;
    // Not above ten times the limit, which int64_t may not hold.
    if (number * 10 > highest - (c - '0')) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::optional<SecretBytes> ReadHex(absl::string_view text) {
  std::string digits = WithoutSpace(text);
  const absl::Cleanup wipe = [&digits] { WipeString(digits); };
  if (digits.empty() || digits.size() % 2 != 0 || !std::all_of(digits.begin(), digits.end(), IsHex))
    return std::nullopt;
  std::string bytes = BytesOfHex(digits);
  SecretBytes secret = SecretBytes::FromString(bytes);
  WipeString(bytes);
  return secret;
}

std::optional<SecretBytes> ReadBase64(absl::string_view text) {
  std::string symbols = WithoutSpace(text);
  std::string bytes;
  const absl::Cleanup wipe = [&] {
    WipeString(symbols);
    WipeString(bytes);
  };
  if (symbols.empty() || !absl::Base64Unescape(symbols, &bytes)) return std::nullopt;
  return SecretBytes::FromString(bytes);
}

std::optional<HashAlgorithm> ReadAlgorithm(absl::string_view text) {
  const std::string plain =
      absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", ""}, {"_", ""}, {" ", ""}});
  const absl::string_view name = absl::StripPrefix(plain, "HMAC");
  if (name == "SHA1") return HashAlgorithm::kSha1;
  if (name == "SHA256") return HashAlgorithm::kSha256;
  if (name == "SHA512") return HashAlgorithm::kSha512;
  return std::nullopt;
}

}  // namespace twofold
