// How a deployment is watched while calls fail.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "storage/backend_uri.h"
#include "storage/keys.h"
#include "storage/redis/redis_storage.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/fault_proxy.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

std::unique_ptr<Storage> Open(const std::string& address, const std::string& options) {
  const BackendUri uri = ParseBackendUri(absl::StrCat("redis://", address, options)).value();
  return OpenRedisStorage(uri, [](const std::string&) {}).value().storage;
}

int Infos(const RedisProcess& redis) {
  const std::string stats = redis.Command({"INFO", "commandstats"});
  const std::string before = "cmdstat_info:calls=";
  const size_t at = stats.find(before);
  if (at == std::string::npos) return 0;
  int calls = 0;
  EXPECT_TRUE(
      absl::SimpleAtoi(stats.substr(at + before.size(), stats.find(',', at) - at - before.size()), &calls));
  return calls;
}

TEST(RedisMonitor, PollsAtMostTenTimesASecondHoweverManyCallsFail) {
  // Every call fails at once, for want of a WAIT, and asks for a look.
  const RedisProcess redis({.lines = {"user twofold on >hunter2 ~* +@all -wait"}});
  const auto storage = Open("twofold:hunter2@" + redis.address(), "?min_replicas=1");
  const int before = Infos(redis);
  int failed = 0;
  const auto call = [&] {
    for (int i = 0; i < 10; ++i) {
      if (!SyncWait(storage->Delete(SubjectKey("", "user"), 1)).ok()) ++failed;
    }
    return false;
  };
  const absl::Time begin = absl::Now();
  EXPECT_FALSE(Await(absl::Seconds(1), call));
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_GT(failed, 50);
  EXPECT_LE(Infos(redis) - before, 10 * seconds + 3) << failed << " calls failed";
}

TEST(RedisMonitor, ClosingAnIdleStorageDoesNotBlock) {
  const RedisProcess redis;
  FaultProxy proxy(redis.port());
  for (const Direction direction : {Direction::kRequests, Direction::kReplies}) {
    auto storage = Open(proxy.address(), "");
    proxy.BlackHole(direction);
    EXPECT_FALSE(SyncWait(storage->CheckReady()).ok());
    const absl::Time begin = absl::Now();
    storage.reset();
    EXPECT_LT(absl::Now() - begin, absl::Milliseconds(100));
    proxy.Cut();
    proxy.Heal();
  }
}

}  // namespace
}  // namespace twofold
