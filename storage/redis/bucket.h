#ifndef TWOFOLD_STORAGE_REDIS_BUCKET_H_
#define TWOFOLD_STORAGE_REDIS_BUCKET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/task.h"
#include "storage/rate_limiter.h"
#include "storage/redis/client.h"
#include "storage/redis/reply.h"

namespace twofold::redis {

// As RateLimiter::Acquire. Intervals are whole microseconds, rounded up. `clock`: null for the server's.
Task<absl::StatusOr<Admission>> Acquire(Client& client, std::string bucket, RateLimit limit,
                                        const Clock* clock);

// The arguments of kAcquireScript. INVALID_ARGUMENT: a limit that is none.
absl::StatusOr<std::vector<std::string>> BucketArguments(const RateLimit& limit, const Clock* clock);

// What kAcquireScript answered with a number. UNAVAILABLE: anything else.
absl::StatusOr<Admission> ReadAdmission(const Reply& reply);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_BUCKET_H_
