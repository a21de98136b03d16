#include "clients/cli/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/unicode.h"

namespace twofold {
namespace {

constexpr utf8proc_int32_t kZeroWidthJoiner = 0x200d;  // holds emoji together
constexpr utf8proc_int32_t kMinusSign = 0x2212;

bool IsInvisible(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return code_point != kZeroWidthJoiner;
    default:
      return false;
  }
}

bool IsSpace(utf8proc_int32_t code_point) { return utf8proc_category(code_point) == UTF8PROC_CATEGORY_ZS; }

bool IsDash(utf8proc_int32_t code_point) {
  return utf8proc_category(code_point) == UTF8PROC_CATEGORY_PD || code_point == kMinusSign;
}

size_t Width(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const utf8proc_int32_t code_point = TakeCodePoint(text);
    if (code_point >= 0) width += static_cast<size_t>(std::max(0, utf8proc_charwidth(code_point)));
  }
  return width;
}

// Returns the size of the SGR sequence that `text` begins with, or 0 if there is none.
size_t ColourSequenceSize(absl::string_view text) {
  if (!absl::StartsWith(text, "\x1b[")) return 0;
  const size_t end = text.find_first_not_of("0123456789;", 2);
  return end != absl::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

}  // namespace

std::string EscapeControls(absl::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const absl::string_view before = text;
    const utf8proc_int32_t code_point = TakeCodePoint(text);
    const absl::string_view taken = before.substr(0, before.size() - text.size());
    if (code_point < 0) {
      absl::StrAppendFormat(&escaped, "\\x%02x", static_cast<uint8_t>(taken[0]));
    } else if (!IsInvisible(code_point)) {
      absl::StrAppend(&escaped, taken);
    } else if (code_point < 0x80) {
      absl::StrAppendFormat(&escaped, "\\x%02x", code_point);
    } else {
      absl::StrAppendFormat(&escaped, "\\u{%04x}", code_point);
    }
  }
  return escaped;
}

std::string EscapeAllButColours(absl::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const size_t colour = ColourSequenceSize(text);
    if (colour > 0 || text[0] == '\n') {
      absl::StrAppend(&escaped, text.substr(0, std::max<size_t>(colour, 1)));
      text.remove_prefix(std::max<size_t>(colour, 1));
      continue;
    }
    const size_t plain = std::min(text.find_first_of("\n\x1b", 1), text.size());
    absl::StrAppend(&escaped, EscapeControls(text.substr(0, plain)));
    text.remove_prefix(plain);
  }
  return escaped;
}

std::string CodeAsSent(absl::string_view text) {
  std::string code;
  std::string dashes;  // Dashes since the last character that stays. They stay if none follows.
  while (!text.empty()) {
    const absl::string_view before = text;
    const utf8proc_int32_t code_point = TakeCodePoint(text);
    const absl::string_view taken = before.substr(0, before.size() - text.size());
    if (code_point >= 0 && (IsSpace(code_point) || IsInvisible(code_point))) continue;
    if (code_point >= 0 && IsDash(code_point)) {
      absl::StrAppend(&dashes, taken);
      continue;
    }
    absl::StrAppend(&code, code.empty() ? dashes : "", taken);
    dashes.clear();
  }
  return code + dashes;
}

std::string IsoTime(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%S%Ez", absl::FromUnixSeconds(time.seconds()), zone);
}

std::string WaitingTime(absl::Duration wait) {
  const int64_t seconds = std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1))));
  if (seconds <= 120) return absl::StrCat(seconds, " s");
  if (seconds <= int64_t{120} * 60) return absl::StrCat((seconds + 59) / 60, " min");
  return absl::StrCat((seconds + 3599) / 3600, " h");
}

std::string ShellQuote(absl::string_view argument) {
  const auto is_plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || strchr("@%+=:,./_-", c);
  };
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), is_plain))
    return std::string(argument);
  return absl::StrCat("'", absl::StrReplaceAll(argument, {{"'", "'\\''"}}), "'");
}

int RowsOf(absl::string_view text, int columns) {
  const int width = static_cast<int>(Width(text));
  return std::max(1, (width + columns - 1) / columns);
}

std::string AlignColumns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, row[i], std::string(widths[i] - Width(row[i]) + 2, ' '));
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

}  // namespace twofold
