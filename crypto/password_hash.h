#ifndef TWOFOLD_CRYPTO_PASSWORD_HASH_H_
#define TWOFOLD_CRYPTO_PASSWORD_HASH_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// Computes PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2). `iterations` and `size` must be above 0. An
// iteration takes about a quarter of a microsecond, so call it off the request threads.
// Thread-safe.
std::string Pbkdf2Sha256(absl::string_view password, absl::string_view salt, int iterations, size_t size);

// Returns how many hashes this process has computed, on all threads. Tests use it to compare the
// work of two calls.
int64_t PasswordHashCount();

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_PASSWORD_HASH_H_
