#ifndef TWOFOLD_CRYPTO_PASSWORD_HASH_H_
#define TWOFOLD_CRYPTO_PASSWORD_HASH_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2). `iterations` and `size` are above 0. Thread-safe; takes about a
// quarter of a microsecond an iteration, so call it off the request threads.
std::string Pbkdf2Sha256(absl::string_view password, absl::string_view salt, int iterations, size_t size);

// How many hashes this process has computed, on all threads: tests compare the work of two calls by it.
int64_t PasswordHashCount();

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_PASSWORD_HASH_H_
