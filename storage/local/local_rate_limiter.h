#ifndef TWOFOLD_STORAGE_LOCAL_LOCAL_RATE_LIMITER_H_
#define TWOFOLD_STORAGE_LOCAL_LOCAL_RATE_LIMITER_H_

#include <cstddef>
#include <memory>

#include "common/clock.h"
#include "common/random.h"
#include "storage/rate_limiter.h"

namespace twofold {

// 8 MiB for each of the two tables. With a million names in use at once, most of them still have a bucket of
// their own.
inline constexpr size_t kLocalLimiterBuckets = size_t{1} << 20;

// A limiter within this process. A restart fills all buckets. It has a fixed table of `buckets`
// (positive, 8 bytes each), and a second one for windows of half an hour and more. The place of a name is its
// SipHash-2-4 under a key drawn once from `random`. Names with the same place share a bucket, nothing is
// evicted, and no caller can choose such names. So memory is bounded and every attempt is counted.
//
// Names that share a bucket under different limits share one debt of time. A wait is then at most
// the longer of the two windows. Filling one of the names fills the other.
//
// When `clock` steps back, no time has passed: no attempt is given back and no wait grows. `clock`
// outlives the limiter. Locks are striped, and held for a few arithmetic operations.
std::unique_ptr<RateLimiter> NewLocalRateLimiter(const Clock& clock, Random& random,
                                                 size_t buckets = kLocalLimiterBuckets);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_LOCAL_LOCAL_RATE_LIMITER_H_
