#include "crypto/random_id.h"

#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/system_random.h"

namespace twofold {

std::string RandomId(Random& random, size_t bytes) {
  return Base32EncodeLower(AsBytes(RandomBytes(random, bytes)));
}

}  // namespace twofold
