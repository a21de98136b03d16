#include "server/methods/typed_code.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "crypto/otp.h"
#include "server/methods/backup_codes.h"

namespace twofold {
namespace {

constexpr size_t kGroups = kBackupCodeSymbols / kBackupCodeGroup;
constexpr size_t kDashedSize = kBackupCodeSymbols + kGroups - 1;

std::optional<std::string> WithoutDashes(absl::string_view typed) {
  if (typed.size() == kBackupCodeSymbols) return std::string(typed);
  if (typed.size() != kDashedSize) return std::nullopt;
  std::string symbols;
  for (size_t i = 0; i < typed.size(); ++i) {
    const bool dash_due = i % (kBackupCodeGroup + 1) == kBackupCodeGroup;
    if (dash_due != (typed[i] == '-')) return std::nullopt;
    if (!dash_due) symbols.push_back(typed[i]);
  }
  return symbols;
}

}  // namespace

std::optional<TypedCode> ParseTypedCode(absl::string_view typed) {
  if (typed.size() >= kMinOtpDigits && typed.size() <= kMaxOtpDigits) {
    if (!std::all_of(typed.begin(), typed.end(), absl::ascii_isdigit)) return std::nullopt;
    return TypedCode{TypedCode::Kind::kDevice, std::string(typed)};
  }
  std::optional<std::string> symbols = WithoutDashes(typed);
  if (!symbols.has_value()) return std::nullopt;
  absl::AsciiStrToUpper(&*symbols);
  if (absl::string_view(*symbols).find_first_not_of(kBackupCodeAlphabet) != absl::string_view::npos) {
    return std::nullopt;
  }
  return TypedCode{TypedCode::Kind::kBackup, *std::move(symbols)};
}

}  // namespace twofold
