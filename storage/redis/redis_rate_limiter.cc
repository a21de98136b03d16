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
  RedisRateLimiter(std::shared_ptr<Client> client, bool has_slots, const Clock* clock)
      : client_(std::move(client)), buckets_(*client_, has_slots, clock) {}

  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets) override {
    return buckets_.Acquire(std::move(buckets));
  }
  Task<absl::Status> GiveBack(std::vector<Bucket> buckets) override {
    return buckets_.GiveBack(std::move(buckets));
  }
  Task<absl::Status> Fill(std::vector<Bucket> buckets) override { return buckets_.Fill(std::move(buckets)); }

  Task<absl::Status> CheckReady() override { return client_->CheckReady(); }

 private:
  const std::shared_ptr<Client> client_;
  redis::Buckets buckets_;
};

}  // namespace

std::unique_ptr<RateLimiter> redis::NewRedisRateLimiter(std::shared_ptr<Client> client, bool has_slots,
                                                        const Clock* clock) {
  return std::make_unique<RedisRateLimiter>(std::move(client), has_slots, clock);
}

absl::StatusOr<std::unique_ptr<RateLimiter>> OpenRedisRateLimiter(
    const BackendUri& uri, std::function<void(const std::string&)> warn, const Clock* clock) {
  TWOFOLD_ASSIGN_OR_RETURN(redis::RedisUri parsed, redis::ParseRedisUri(uri));
  parsed.min_replicas = 0;
  const bool has_slots = parsed.deployment == redis::Deployment::kCluster;
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<Client> client,
                           Client::Open(std::move(parsed), redis::Purpose::kLimiter, std::move(warn)));
  return redis::NewRedisRateLimiter(std::move(client), has_slots, clock);
}

}  // namespace twofold
