#ifndef TWOFOLD_CRYPTO_HMAC_H_
#define TWOFOLD_CRYPTO_HMAC_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "crypto/hash_algorithm.h"

namespace twofold {

inline constexpr size_t kMaxDigestSize = 64;

// Returns 20, 32 or 64 bytes.
size_t DigestSize(HashAlgorithm algorithm);

// Writes the HMAC (RFC 2104) of `data` to `out`, which must have exactly DigestSize bytes.
// Thread-safe.
void Hmac(HashAlgorithm algorithm, absl::Span<const uint8_t> key, absl::Span<const uint8_t> data,
          absl::Span<uint8_t> out);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_HMAC_H_
