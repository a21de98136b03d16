#include "server/methods/presented.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "crypto/otp.h"
#include "server/methods/backup_codes/code_format.h"

namespace twofold {
namespace {

constexpr size_t kGroups = kBackupCodeSymbols / kBackupCodeGroup;
constexpr size_t kDashedSize = kBackupCodeSymbols + kGroups - 1;

std::optional<std::string> WithoutDashes(absl::string_view text) {
  if (text.size() == kBackupCodeSymbols) return std::string(text);
  if (text.size() != kDashedSize) return std::nullopt;
  std::string symbols;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash_due = i % (kBackupCodeGroup + 1) == kBackupCodeGroup;
    if (dash_due != (text[i] == '-')) return std::nullopt;
    if (!dash_due) symbols.push_back(text[i]);
  }
  return symbols;
}

std::optional<BackupCode> ParseBackupCode(absl::string_view text) {
  std::optional<std::string> symbols = WithoutDashes(text);
  if (!symbols.has_value()) return std::nullopt;
  absl::AsciiStrToUpper(&*symbols);
  if (absl::string_view(*symbols).find_first_not_of(kBackupCodeAlphabet) != absl::string_view::npos) {
    return std::nullopt;
  }
  return BackupCode{*std::move(symbols)};
}

}  // namespace

Guessing GuessingOf(const Presented& presented) {
  if (std::holds_alternative<OtpCode>(presented) || std::holds_alternative<SentCode>(presented)) {
    return Guessing::kRoutine;
  }
  if (std::holds_alternative<Registration>(presented) || std::holds_alternative<Assertion>(presented)) {
    return Guessing::kUnguessable;
  }
  return Guessing::kRecovery;
}

std::optional<OtpCode> ParseOtpCode(absl::string_view text) {
  if (text.size() < kMinOtpDigits || text.size() > kMaxOtpDigits) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) return std::nullopt;
  return OtpCode{std::string(text)};
}

std::optional<Presented> ParseCode(absl::string_view text) {
  if (std::optional<OtpCode> otp = ParseOtpCode(text)) return Presented(*std::move(otp));
  if (std::optional<BackupCode> backup = ParseBackupCode(text)) return Presented(*std::move(backup));
  return std::nullopt;
}

}  // namespace twofold
