#ifndef TWOFOLD_SERVER_METHODS_PRESENTED_H_
#define TWOFOLD_SERVER_METHODS_PRESENTED_H_

#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "server/methods/webauthn/credential_json.h"
#include "twofold/internal/v1/challenge.pb.h"

// What a caller presents to pass the second factor, once its form is known to be right. What was presented
// decides alone which rate limits apply, whether a lock exempts it, and what a rejection costs.

namespace twofold {

// 6 to 8 ASCII digits.
struct OtpCode {
  std::string digits;
};

// Two codes that a method showed one after the other (ResyncMethod).
struct ConsecutiveCodes {
  std::string first;
  std::string second;
};

// The 16 symbols of a backup code, in upper case and without dashes.
struct BackupCode {
  std::string symbols;
};

// A code that was sent, and the challenge for which it was sent. The challenge is empty if nobody can
// answer it, and for the code that confirms a pending method, which keeps its code itself.
struct SentCode {
  std::string digits;
  internal::v1::ChallengeToken challenge;
};

// What a security key made when it was registered.
struct Registration {
  RegistrationCredential credential;
};

// A security key's answer to a challenge. The challenge is empty if nobody can answer it.
struct Assertion {
  AssertionCredential credential;
  internal::v1::ChallengeToken challenge;
};

using Presented = std::variant<OtpCode, ConsecutiveCodes, BackupCode, SentCode, Registration, Assertion>;

// How much a stranger can hope for by guessing.
enum class Guessing {
  // A guess may hit. Locks refuse it unchecked, and a rejection is charged.
  kRoutine,
  // A guess cannot hit, and the owner needs it as a way around a lock. It is checked under every lock. A
  // rejection is charged unless a lock holds.
  kRecovery,
  // A guess cannot hit, because it would forge a signature. It is checked under every lock, and a
  // rejection is never charged.
  kUnguessable,
};

Guessing GuessingOf(const Presented& presented);

// 6, 7 or 8 ASCII digits. nullopt for any other text, so that a code has one spelling.
std::optional<OtpCode> ParseOtpCode(absl::string_view text);

// An OTP code, or a backup code in either case with all of its dashes or none. The text alone decides.
std::optional<Presented> ParseCode(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_PRESENTED_H_
