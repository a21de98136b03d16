#ifndef TWOFOLD_CRYPTO_WEBAUTHN_COSE_KEY_H_
#define TWOFOLD_CRYPTO_WEBAUTHN_COSE_KEY_H_

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Public keys of credentials (RFC 9052 section 7, WebAuthn Level 3 section 6.5.1.1). All functions
// are thread-safe.

namespace twofold {

// The values are those of IANA's registry "COSE Algorithms". Each has one curve here, as WebAuthn
// demands.
enum class CoseAlgorithm : int32_t {
  kEs256 = -7,
  // Ed25519 alone.
  kEdDsa = -8,
  kEs384 = -35,
  kEs512 = -36,
  kEd448 = -53,
  // A modulus of 2,048 to 4,096 bits, and an odd exponent of 3 to 2^32 - 1.
  kRs256 = -257,
};

// What the server asks browsers for, the preferred one first.
inline constexpr std::array kOfferedAlgorithms = {CoseAlgorithm::kEs256, CoseAlgorithm::kEdDsa,
                                                  CoseAlgorithm::kRs256};

// Judges the key of a registration. It is in canonical form and has no other parameters than its
// type needs. Its algorithm is among `allowed` and fits type and curve. The point is on the curve,
// and it is not one of the points of small order, for which anybody can sign. An RSA modulus is no
// prime and has no small factor. That takes 30 ms for an RSA key of 4,096 bits, 80 ms for a modulus
// that was made to take long, and 0.1 ms for other keys.
//
// INVALID_ARGUMENT, in words for developers that quote nothing of the input.
absl::Status CheckNewCoseKey(absl::string_view cose_key,
                             absl::Span<const CoseAlgorithm> allowed = kOfferedAlgorithms);

// Whether `signature` is one of `signed_bytes` by the key, which may have any of the algorithms
// above. The signed bytes of an assertion are the authenticator data and SHA-256 of the client
// data. An ECDSA signature is in DER. The key has passed CheckNewCoseKey before: false is the
// answer to a malformed one, but not to every weak one.
bool VerifyCoseSignature(absl::string_view cose_key, absl::string_view signed_bytes,
                         absl::string_view signature);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_WEBAUTHN_COSE_KEY_H_
