#ifndef TWOFOLD_CRYPTO_WEBAUTHN_ATTESTATION_OBJECT_H_
#define TWOFOLD_CRYPTO_WEBAUTHN_ATTESTATION_OBJECT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/webauthn/authenticator_data.h"

namespace twofold {

// Parses what a registration answers (WebAuthn Level 3 section 6.5): the members fmt, attStmt and
// authData, each once, in the order of CTAP2's canonical form. Returns authenticator data that has
// a credential.
//
// The server asks for no attestation. So the statement proves nothing: it must be a map, and an
// empty one where fmt is "none", but its signatures and certificates are not judged.
//
// INVALID_ARGUMENT, in words for developers that quote nothing of the input. Thread-safe.
absl::StatusOr<AuthenticatorData> ParseAttestationObject(absl::string_view bytes);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_WEBAUTHN_ATTESTATION_OBJECT_H_
