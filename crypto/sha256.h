#ifndef TWOFOLD_CRYPTO_SHA256_H_
#define TWOFOLD_CRYPTO_SHA256_H_

#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// Returns the 32 bytes of SHA-256 (FIPS 180-4). Thread-safe.
std::string Sha256(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_SHA256_H_
