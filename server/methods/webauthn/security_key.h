#ifndef TWOFOLD_SERVER_METHODS_WEBAUTHN_SECURITY_KEY_H_
#define TWOFOLD_SERVER_METHODS_WEBAUTHN_SECURITY_KEY_H_

#include <memory>

#include "server/methods/authenticator.h"
#include "server/methods/webauthn/relying_party.h"

namespace twofold {

// Security keys and passkeys (WebAuthn Level 3): METHOD_TYPE_SECURITY_KEY. A pending key keeps the
// challenge of its registration. An active key answers the challenges of StartChallenge.
std::unique_ptr<const Authenticator> NewSecurityKey(RelyingParty party);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_WEBAUTHN_SECURITY_KEY_H_
