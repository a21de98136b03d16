// Where the limiter's buckets are kept: an attempt is in Redis's memory and its replicas', and not
// written to its append-only file.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "storage/backend_uri.h"
#include "storage/redis/redis_rate_limiter.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr char kBucket[] = "tf1:{dXNlcg}:l";

std::unique_ptr<RateLimiter> LimiterOn(const RedisProcess& redis) {
  return OpenRedisRateLimiter(ParseBackendUri(absl::StrCat("redis://", redis.address())).value(),
                              [](const std::string&) {})
      .value();
}

// An attempt of two in an hour.
bool Allowed(RateLimiter& limiter) {
  return SyncWait(limiter.Acquire({{kBucket, RateLimit{2, absl::Hours(1)}}})).value().allowed;
}

int64_t LogBytes(const RedisProcess& redis) {
  const std::string state = redis.Command({"INFO", "persistence"});
  const std::string before = "\naof_current_size:";
  const size_t at = state.find(before) + before.size();
  int64_t bytes = -1;
  EXPECT_TRUE(absl::SimpleAtoi(state.substr(at, state.find('\r', at) - at), &bytes)) << state;
  return bytes;
}

RedisOptions Logging() {
  RedisOptions options;
  options.lines = {"appendonly yes", "appendfsync always"};
  return options;
}

TEST(Bucket, AttemptsAreNotInTheAppendOnlyFile) {
  const RedisProcess redis(Logging());
  const std::unique_ptr<RateLimiter> limiter = LimiterOn(redis);
  const int64_t before = LogBytes(redis);
  EXPECT_TRUE(Allowed(*limiter));
  EXPECT_TRUE(Allowed(*limiter));
  EXPECT_FALSE(Allowed(*limiter));
  EXPECT_EQ(LogBytes(redis), before);
  redis.Command({"SET", "other", "1"});
  EXPECT_GT(LogBytes(redis), before) << "what is written is in the log at once";
}

// docs/redis.md says so: a Redis that starts anew has full buckets.
TEST(Bucket, IsFullAfterARestartOfRedis) {
  RedisProcess redis(Logging());
  {
    const std::unique_ptr<RateLimiter> limiter = LimiterOn(redis);
    EXPECT_TRUE(Allowed(*limiter));
    EXPECT_TRUE(Allowed(*limiter));
    EXPECT_FALSE(Allowed(*limiter));
  }
  redis.Kill();
  redis.Start();
  EXPECT_TRUE(Allowed(*LimiterOn(redis)));
}

TEST(Bucket, IsSentToReplicas) {
  RedisProcess master;
  RedisOptions options;
  options.lines = {absl::StrCat("replicaof 127.0.0.1 ", master.port())};
  RedisProcess replica(options);
  ASSERT_TRUE(Await(absl::Seconds(10), [&] {
    return absl::StrContains(master.Command({"INFO", "replication"}), "state=online");
  }));
  {
    const std::unique_ptr<RateLimiter> limiter = LimiterOn(master);
    EXPECT_TRUE(Allowed(*limiter));
    EXPECT_TRUE(Allowed(*limiter));
  }
  ASSERT_TRUE(Await(absl::Seconds(10), [&] {
    return replica.Command({"GET", kBucket}) == master.Command({"GET", kBucket});
  }));
  master.Kill();
  replica.Command({"REPLICAOF", "NO", "ONE"});
  EXPECT_FALSE(Allowed(*LimiterOn(replica)));
}

}  // namespace
}  // namespace twofold
