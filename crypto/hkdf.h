#ifndef TWOFOLD_CRYPTO_HKDF_H_
#define TWOFOLD_CRYPTO_HKDF_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/secret_bytes.h"

namespace twofold {

// Derives `size` bytes (1 to 8160) with HKDF-SHA-256 (RFC 5869). `info` names the purpose of the
// result. Thread-safe.
SecretBytes HkdfSha256(absl::Span<const uint8_t> key, absl::string_view salt, absl::string_view info,
                       size_t size);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_HKDF_H_
