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

namespace redis {
class Client;

// The limiter of OpenRedisRateLimiter on connections that exist already. `has_slots`: the
// deployment is a Cluster.
std::unique_ptr<RateLimiter> NewRedisRateLimiter(std::shared_ptr<Client> client, bool has_slots,
                                                 const Clock* clock);
}  // namespace redis

// Opens a limiter whose buckets are shared by all processes that use the same Redis. A bucket is
// one key, and the server's clock gives the time. An attempt runs one script. On a Cluster, an
// attempt with several buckets runs two scripts for each. The limiter has connections of its own
// and waits for no replica. A Redis that starts anew may have full buckets. A replica that takes
// over has the buckets that its master had sent to it. The arguments and the errors are those of
// OpenRedisStorage.
absl::StatusOr<std::unique_ptr<RateLimiter>> OpenRedisRateLimiter(
    const BackendUri& uri, std::function<void(const std::string&)> warn, const Clock* clock = nullptr);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_REDIS_REDIS_RATE_LIMITER_H_
