#ifndef TWOFOLD_CRYPTO_SYSTEM_RANDOM_H_
#define TWOFOLD_CRYPTO_SYSTEM_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/random.h"

namespace twofold {

// The kernel's generator (getrandom); lives for the whole process. Waits until the kernel has been seeded,
// which matters only early at boot, and ends the process when the kernel refuses.
Random& SystemRandom();

std::string RandomBytes(Random& random, size_t size);

// Uniform over all numbers but 0.
uint64_t RandomNonZero(Random& random);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_SYSTEM_RANDOM_H_
