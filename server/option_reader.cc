#include "server/option_reader.h"

#include <grp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"

namespace twofold {
namespace {

constexpr size_t kMaxQuotedBytes = 80;

}  // namespace

std::string QuoteOption(absl::string_view text) {
  const absl::string_view shown = text.substr(0, kMaxQuotedBytes);
  return absl::StrCat("\"", absl::CHexEscape(shown), shown.size() < text.size() ? "…\"" : "\"");
}

void OptionReader::Refuse(absl::string_view flag, absl::string_view what) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", what));
}

void OptionReader::RefuseText(absl::string_view flag, absl::string_view allowed) {
  Refuse(flag, absl::StrCat(QuoteOption(Text(flag)), " is not allowed: ", allowed));
}

bool OptionReader::Switch(absl::string_view flag, bool unset) {
  const std::string value = absl::AsciiStrToLower(Text(flag));
  if (value.empty()) return unset;
  bool out = false;
  if (!absl::SimpleAtob(value, &out)) RefuseText(flag, "true or false");
  return out;
}

int64_t OptionReader::Count(absl::string_view flag, int64_t max, absl::string_view max_name) {
  int64_t out = 0;
  if (!absl::SimpleAtoi(Text(flag), &out) || out < 1 || out > max) {
    RefuseText(flag, absl::StrCat("a whole number from 1 to ", max, max_name));
  }
  return out;
}

absl::Duration OptionReader::Time(absl::string_view flag, absl::Duration max) {
  absl::Duration out;
  if (!absl::ParseDuration(Text(flag), &out) || out < absl::Seconds(1) || out > max) {
    RefuseText(flag,
               absl::StrCat("a time from 1s to ", absl::FormatDuration(max), ", such as 30s, 10m or 2h45m"));
  }
  return out;
}

std::string OptionReader::ListenAddress(absl::string_view flag) {
  const absl::StatusOr<Address> address = ParseAddress(Text(flag));
  if (!address.ok()) RefuseText(flag, address.status().message());
  return Text(flag);
}

mode_t OptionReader::Mode(absl::string_view flag) {
  constexpr mode_t kOwner = 0600;
  constexpr int kOctal = 8;
  mode_t mode = 0;
  const std::string& text = Text(flag);
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, mode, kOctal);
  if (error != std::errc() || rest != end || mode > 0777 || (mode & kOwner) != kOwner) {
    RefuseText(flag, "an octal mode that lets its owner read and write, such as 0600, 0660 or 0666");
  }
  return mode;
}

std::optional<gid_t> OptionReader::Group(absl::string_view flag) {
  const std::string& text = Text(flag);
  if (text.empty()) return std::nullopt;
  uint32_t number = 0;
  if (absl::SimpleAtoi(text, &number) && number < std::numeric_limits<gid_t>::max()) return number;
  std::array<char, 16384> buffer{};
  group entry{};
  group* found = nullptr;
  getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) RefuseText(flag, "a group of this machine, by name or number");
  return entry.gr_gid;
}

std::string OptionReader::Uri(absl::string_view flag, std::string fallback) {
  const std::string& uri = Text(flag);
  if (uri.empty()) return fallback;
  const absl::string_view scheme = absl::string_view(uri).substr(0, uri.find(':'));
  const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.'; };
  if (scheme.size() == uri.size() || scheme.empty() || !std::all_of(scheme.begin(), scheme.end(), allowed)) {
    Refuse(flag, "not a URI, which starts with a scheme such as sqlite: or file:");
  }
  return uri;
}

}  // namespace twofold
