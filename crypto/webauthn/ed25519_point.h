#ifndef TWOFOLD_CRYPTO_WEBAUTHN_ED25519_POINT_H_
#define TWOFOLD_CRYPTO_WEBAUTHN_ED25519_POINT_H_

#include "absl/strings/string_view.h"

namespace twofold {

// Whether the 32 bytes are a public key of Ed25519 that only its owner can sign for: the canonical
// encoding of a point of the curve (RFC 8032 section 5.1.3) that is none of the eight points of
// small order. OpenSSL 3.0 checks none of this when it loads a key. Thread-safe.
bool IsEd25519Point(absl::string_view encoded);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_WEBAUTHN_ED25519_POINT_H_
