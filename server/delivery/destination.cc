#include "server/delivery/destination.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

constexpr size_t kMinNumber = 8;
constexpr size_t kMaxNumber = 15;
constexpr size_t kMaxPrefix = 14;
constexpr size_t kMaxAddress = 254;
constexpr size_t kMaxLocalPart = 64;
constexpr size_t kMaxLabel = 63;
// The symbols of atext (RFC 5322 §3.2.3) beside letters and digits.
constexpr absl::string_view kAtomSymbols = "!#$%&'*+-/=?^_`{|}~";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Of ASCII, whatever the locale is.
bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

bool IsAtom(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlnum(c) || kAtomSymbols.find(c) != absl::string_view::npos;
  });
}

bool IsLabel(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxLabel && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsAlnum(c) || c == '-'; });
}

bool AreDigits(absl::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

// A plus sign and digits, of which the first is not 0.
bool IsDialled(absl::string_view text, size_t min_digits, size_t max_digits) {
  return absl::ConsumePrefix(&text, "+") && text.size() >= min_digits && text.size() <= max_digits &&
         text.front() != '0' && AreDigits(text);
}

}  // namespace

absl::Status CheckPhoneNumber(absl::string_view number) {
  if (IsDialled(number, kMinNumber, kMaxNumber)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "is not an international phone number: write + and 8 to 15 digits without spaces");
}

absl::Status CheckEmailAddress(absl::string_view address) {
  if (address.size() > kMaxAddress) return absl::InvalidArgumentError("is longer than 254 bytes");
  const std::vector<absl::string_view> halves = absl::StrSplit(address, '@');
  if (halves.size() != 2) return absl::InvalidArgumentError("does not have exactly one @");
  const std::vector<absl::string_view> atoms = absl::StrSplit(halves[0], '.');
  if (halves[0].size() > kMaxLocalPart || !std::all_of(atoms.begin(), atoms.end(), IsAtom)) {
    return absl::InvalidArgumentError(
        "has a part before the @ that is not 1 to 64 ASCII letters, digits, symbols and single dots");
  }
  const std::vector<absl::string_view> labels = absl::StrSplit(halves[1], '.');
  // A last label of digits would be an IP address (RFC 3696 §2).
  if (labels.size() < 2 || !std::all_of(labels.begin(), labels.end(), IsLabel) || AreDigits(labels.back())) {
    return absl::InvalidArgumentError("has no domain such as example.org after the @");
  }
  return absl::OkStatus();
}

absl::Status CheckDestination(v1::MethodType type, absl::string_view destination) {
  if (type == v1::METHOD_TYPE_SMS) return CheckPhoneNumber(destination);
  if (type == v1::METHOD_TYPE_EMAIL) return CheckEmailAddress(destination);
  return absl::InvalidArgumentError("belongs to a type whose codes are not sent");
}

std::string MaskDestination(v1::MethodType type, absl::string_view destination) {
  constexpr absl::string_view kMask = "***";
  constexpr size_t kShownDigits = 2;
  if (!CheckDestination(type, destination).ok()) return std::string(kMask);
  if (type == v1::METHOD_TYPE_SMS) {
    return absl::StrCat("+", kMask, destination.substr(destination.size() - kShownDigits));
  }
  return absl::StrCat(destination.substr(0, 1), kMask, destination.substr(destination.find('@')));
}

absl::StatusOr<std::vector<std::string>> ParseDialPrefixes(absl::string_view text) {
  std::vector<std::string> prefixes;
  if (text.empty()) return prefixes;
  prefixes = absl::StrSplit(text, ',');
  const auto is_prefix = [](absl::string_view prefix) { return IsDialled(prefix, 1, kMaxPrefix); };
  if (!std::all_of(prefixes.begin(), prefixes.end(), is_prefix)) {
    return absl::InvalidArgumentError(
        "is not a list of prefixes such as +49,+1: each is + and 1 to 14 digits");
  }
  return prefixes;
}

absl::string_view DialPrefixOf(absl::string_view number, const std::vector<std::string>& allowed) {
  absl::string_view longest;
  for (const std::string& prefix : allowed) {
    if (prefix.size() > longest.size() && absl::StartsWith(number, prefix)) longest = prefix;
  }
  return longest;
}

}  // namespace twofold
