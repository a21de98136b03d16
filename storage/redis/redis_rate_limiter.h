#ifndef TWOFOLD_STORAGE_REDIS_REDIS_RATE_LIMITER_H_
#define TWOFOLD_STORAGE_REDIS_REDIS_RATE_LIMITER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "storage/backend_uri.h"
#include "storage/rate_limiter.h"

namespace twofold {

// A limiter whose buckets every process that uses the same Redis shares: one key a bucket, on the server's
// own clock. An attempt is one script; on a Cluster it is two for each bucket where it has several. The
// limiter has connections of its own and waits for no replica. A Redis that starts anew may have full
// buckets; a replica that takes over has them as they were sent to it. Arguments and errors as for
// OpenRedisStorage. `clock` takes the place of the server's, for tests; it outlives the limiter.
absl::StatusOr<std::unique_ptr<RateLimiter>> OpenRedisRateLimiter(
    const BackendUri& uri, std::function<void(const std::string&)> warn, const Clock* clock = nullptr);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_REDIS_REDIS_RATE_LIMITER_H_
