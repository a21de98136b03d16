#include "storage/redis/redis_rate_limiter.h"

#include <utility>

#include "common/status_macros.h"
#include "storage/redis/bucket.h"
#include "storage/redis/client.h"
#include "storage/redis/redis_uri.h"

namespace twofold {
namespace {

using redis::Client;

class RedisRateLimiter final : public RateLimiter {
 public:
  RedisRateLimiter(std::unique_ptr<Client> client, const Clock* clock)
      : client_(std::move(client)), clock_(clock) {}

  Task<absl::StatusOr<Admission>> Acquire(std::string bucket, RateLimit limit) override {
    return redis::Acquire(*client_, std::move(bucket), limit, clock_);
  }

  Task<absl::Status> CheckReady() override { return client_->CheckReady(); }

 private:
  const std::unique_ptr<Client> client_;
  const Clock* const clock_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RateLimiter>> OpenRedisRateLimiter(
    const BackendUri& uri, std::function<void(const std::string&)> warn, const Clock* clock) {
  TWOFOLD_ASSIGN_OR_RETURN(redis::RedisUri parsed, redis::ParseRedisUri(uri));
  parsed.min_replicas = 0;
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<Client> client,
                           Client::Open(std::move(parsed), redis::Purpose::kLimiter, std::move(warn)));
  return std::make_unique<RedisRateLimiter>(std::move(client), clock);
}

}  // namespace twofold
