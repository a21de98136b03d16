#ifndef TWOFOLD_CRYPTO_SYSTEM_RANDOM_H_
#define TWOFOLD_CRYPTO_SYSTEM_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/random.h"

namespace twofold {

// The kernel's generator (getrandom). It lives for the whole process. It waits until the kernel has
// seeded it, which matters only early at boot, and ends the process if the kernel refuses.
Random& SystemRandom();

std::string RandomBytes(Random& random, size_t size);

// Draws uniformly from all numbers except 0.
uint64_t RandomNonZero(Random& random);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_SYSTEM_RANDOM_H_
