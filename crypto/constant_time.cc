#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace twofold {

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace twofold
