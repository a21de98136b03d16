#include "storage/redis/redis_rate_limiter.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "storage/redis/client.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/scripts.h"

namespace twofold {
namespace {

using redis::Call;
using redis::Client;
using redis::Reply;

// The script computes with doubles, which are exact up to 2^53 microseconds: 285 years.
constexpr absl::Duration kMaxWindow = absl::Hours(24 * 366 * 20);
constexpr int64_t kMicrosPerMilli = 1000;

class RedisRateLimiter final : public RateLimiter {
 public:
  RedisRateLimiter(std::unique_ptr<Client> client, const Clock* clock)
      : client_(std::move(client)), clock_(clock) {}

  Task<absl::StatusOr<Admission>> Acquire(std::string bucket, RateLimit limit) override {
    const int64_t window = absl::ToInt64Microseconds(absl::Ceil(limit.window, absl::Microseconds(1)));
    if (limit.attempts <= 0 || window <= 0 || limit.window > kMaxWindow) {
      co_return absl::InvalidArgumentError(
          "a rate limit needs a positive number of attempts and a positive window");
    }
    const int64_t interval = window / limit.attempts + (window % limit.attempts != 0 ? 1 : 0);
    std::vector<std::string> arguments;
    arguments.push_back(absl::StrCat(interval));
    arguments.push_back(absl::StrCat(limit.attempts));
    if (clock_ != nullptr) arguments.push_back(absl::StrCat(clock_->Now() * kMicrosPerMilli));
    Call call(redis::kAcquireScript, std::move(bucket), std::move(arguments));
    const absl::StatusOr<Reply> reply = co_await client_->Send(std::move(call));
    if (!reply.ok()) co_return absl::UnavailableError(reply.status().message());
    if (reply->type != Reply::Type::kInteger || reply->integer < 0) {
      co_return absl::UnavailableError("Redis answered a script strangely");
    }
    Admission admission;
    admission.allowed = reply->integer == 0;
    admission.retry_after = absl::Microseconds(reply->integer);
    co_return admission;
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
