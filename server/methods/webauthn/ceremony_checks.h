#ifndef TWOFOLD_SERVER_METHODS_WEBAUTHN_CEREMONY_CHECKS_H_
#define TWOFOLD_SERVER_METHODS_WEBAUTHN_CEREMONY_CHECKS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "crypto/webauthn/authenticator_data.h"
#include "server/methods/webauthn/credential_json.h"
#include "server/methods/webauthn/relying_party.h"
#include "twofold/internal/v1/record.pb.h"

// The checks of a relying party (WebAuthn Level 3, 7.1 and 7.2). Pure and thread-safe. Whatever fails
// has one answer, so the functions do not say which check failed.

namespace twofold {

// The state of a key that was just registered, without its challenge.
struct RegisteredKey {
  internal::v1::SecurityKeySecret secret;
  bool backup_eligible = false;
  bool backed_up = false;
  bool user_verified = false;
  uint32_t sign_count = 0;
};

// Checks a registration that answers `challenge`. The public key is still to be checked, by
// CheckNewCoseKey. nullopt: it is refused.
std::optional<RegisteredKey> CheckRegistration(const RelyingParty& party, absl::string_view challenge,
                                               const RegistrationCredential& credential);

// Checks an assertion by the key of `secret` and `use` that answers `challenge`. Everything is checked
// but the counter, which the result has. nullopt: it is refused.
std::optional<AuthenticatorData> CheckAssertion(const RelyingParty& party, absl::string_view challenge,
                                                const internal::v1::SecurityKeySecret& secret,
                                                const internal::v1::SecurityKeyUse& use,
                                                const AssertionCredential& credential);

// Whether the counter went on, or the key has none (WebAuthn Level 3, 6.1.1). Otherwise there may be a
// copy of the key.
bool CounterWentOn(uint32_t stored, uint32_t reported);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_WEBAUTHN_CEREMONY_CHECKS_H_
