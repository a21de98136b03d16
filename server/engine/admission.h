#ifndef TWOFOLD_SERVER_ENGINE_ADMISSION_H_
#define TWOFOLD_SERVER_ENGINE_ADMISSION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/task.h"
#include "server/engine/change.h"
#include "storage/rate_limiter.h"

namespace twofold {

struct MeteredBucket {
  std::string bucket;
  RateLimit limit;
};

// The buckets that a code passes, in order: first the end user's address, where the caller passed one, then
// the subject's.
std::vector<MeteredBucket> BucketsOf(const Policy& policy, const Subject& subject, Meter meter,
                                     const std::string& client_address);

// OK when every bucket admits; the first that refuses ends it with RATE_LIMITED, and one that cannot be
// reached with LIMITER_UNAVAILABLE. Counted before the code is looked at.
Task<absl::Status> Admit(RateLimiter& limiter, std::vector<MeteredBucket> buckets);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_ADMISSION_H_
