#ifndef TWOFOLD_STORAGE_LOCAL_LOCAL_RATE_LIMITER_H_
#define TWOFOLD_STORAGE_LOCAL_LOCAL_RATE_LIMITER_H_

#include <cstddef>
#include <memory>

#include "common/clock.h"
#include "common/random.h"
#include "storage/rate_limiter.h"

namespace twofold {

// 8 MiB: a million names in use at once still leave most of them alone in their bucket.
inline constexpr size_t kLocalLimiterBuckets = size_t{1} << 20;

// A limiter within this process; a restart fills all buckets. It holds a fixed table of `buckets` (positive,
// 8 bytes each), in which a name's place is its SipHash-2-4 under a key drawn once from `random`: names that
// meet share a bucket, nothing is ever evicted, and nobody outside can choose names that meet. Whatever is
// tried, memory is bounded and no attempt goes uncounted.
//
// Names that meet under different limits share one debt of time; a wait is then at most the longer of the two
// windows. Names that meet are filled together.
//
// When `clock` steps back no time has passed: no attempt is given back and no wait grows. `clock` outlives
// the limiter. Locks are striped, and held for a few arithmetic operations.
std::unique_ptr<RateLimiter> NewLocalRateLimiter(const Clock& clock, Random& random,
                                                 size_t buckets = kLocalLimiterBuckets);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_LOCAL_LOCAL_RATE_LIMITER_H_
