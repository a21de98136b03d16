#ifndef TWOFOLD_CRYPTO_RANDOM_ID_H_
#define TWOFOLD_CRYPTO_RANDOM_ID_H_

#include <cstddef>
#include <string>

#include "common/random.h"

namespace twofold {

// Returns `bytes` random bytes as text in base32 (RFC 4648 section 6), in lower case and without padding: 26
// characters for the usual 16 bytes.
std::string RandomId(Random& random, size_t bytes = 16);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_RANDOM_ID_H_
