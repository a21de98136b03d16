// The permissions that a Redis user needs, for docs/redis.md: with them everything works, without
// any one of them something does not.

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "storage/backend_uri.h"
#include "storage/keys.h"
#include "storage/redis/redis_rate_limiter.h"
#include "storage/redis/redis_storage.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/witness.h"

namespace twofold {
namespace {

using Commands = std::vector<std::string>;

// To connect, to look whether the server is fit, to call scripts.
const Commands kBoth = {"+client|setname", "+role", "+info", "+ping", "+time",
                        "+evalsha",        "+eval", "+get",  "+set"};
const Commands kStorageAlone = {"+getrange", "+del", "+scan"};

Commands Joined(Commands a, const Commands& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

BackendUri UriOf(const RedisProcess& redis, const std::string& more = "") {
  return ParseBackendUri(absl::StrCat("redis://twofold:hunter2@", redis.address(), more)).value();
}

// What a storage does in its life; the first thing that does not work.
absl::Status WalkStorage(const RedisProcess& redis, const std::string& more = "") {
  redis.Command({"FLUSHALL"});
  redis.Command({"SCRIPT", "FLUSH"});
  const auto opened = OpenRedisStorage(UriOf(redis, more), [](const std::string&) {});
  if (!opened.ok()) return opened.status();
  Storage& storage = *opened->storage;
  const std::string key = SubjectKey("", "user");
  const std::vector<std::function<absl::Status()>> steps = {
      [&] { return SyncWait(storage.CheckReady()); },
      [&] { return SyncWait(storage.Put(key, "first", kAbsent, 1)); },
      [&] { return SyncWait(storage.Put(key, "second", 1, 2)); },
      [&] { return SyncWait(storage.Get(key)).status(); },
      [&] { return SyncWait(storage.Scan("", 100)).status(); },
      [&] { return SyncWait(storage.Delete(key, 2)); },
  };
  for (const auto& step : steps) {
    const absl::Status status = step();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status WalkLimiter(const RedisProcess& redis) {
  redis.Command({"FLUSHALL"});
  redis.Command({"SCRIPT", "FLUSH"});
  const auto opened = OpenRedisRateLimiter(UriOf(redis), [](const std::string&) {});
  if (!opened.ok()) return opened.status();
  absl::Status status = SyncWait((*opened)->CheckReady());
  RateLimit limit;
  limit.attempts = 2;
  limit.window = absl::Seconds(100);
  const std::string key = SubjectKey("tenant", "user");
  std::vector<Bucket> buckets;
  for (const std::string& name :
       {LoginBucket(key), ResyncBucket(key), BackupBucket(key, "192.0.2.1"), WriteBucket(key),
        NetworkCodesBucket("2001:db8::/64"), NetworkWritesBucket("2001:db8::/64")}) {
    buckets.push_back({name, limit});
  }
  for (const bool allowed : {true, true, false}) {
    const absl::StatusOr<AcquireResult> acquired = SyncWait((*opened)->Acquire(buckets));
    if (status.ok()) status = acquired.status();
    EXPECT_TRUE(!acquired.ok() || acquired->allowed == allowed);
  }
  // One is not full afterwards, and one is.
  if (status.ok()) status = SyncWait((*opened)->GiveBack(buckets));
  if (status.ok()) status = SyncWait((*opened)->Fill(buckets));
  return status;
}

void SetUser(const RedisProcess& redis, Commands commands, const std::string& keys = "~tf1:*") {
  Commands rule = {"ACL", "SETUSER", "twofold", "reset", "on", ">hunter2", keys};
  ASSERT_EQ(redis.Command(Joined(std::move(rule), commands)), "OK");
}

void ExpectEachIsNeeded(const RedisProcess& redis, const Commands& all,
                        const std::function<absl::Status()>& walk) {
  SetUser(redis, all);
  const absl::Status whole = walk();
  EXPECT_TRUE(whole.ok()) << whole;
  std::cout << "user twofold on >PASSWORD ~tf1:* " << absl::StrJoin(all, " ") << "\n";
  for (size_t left_out = 0; left_out < all.size(); ++left_out) {
    Commands fewer = all;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
    SetUser(redis, fewer);
    const absl::Status status = walk();
    EXPECT_FALSE(status.ok()) << "works without " << all[left_out];
    EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsUnknown(status) || absl::IsFailedPrecondition(status))
        << status;
    std::cout << "without " << all[left_out] << ": " << status.message() << "\n";
  }
  // Names outside are out of reach.
  SetUser(redis, all, "~tf2:*");
  EXPECT_FALSE(walk().ok());
}

TEST(Acl, StorageNeedsExactlyTheDocumentedCommands) {
  const RedisProcess redis;
  ExpectEachIsNeeded(redis, Joined(kBoth, kStorageAlone), [&] { return WalkStorage(redis); });
}

TEST(Acl, LimiterNeedsExactlyTheDocumentedCommands) {
  const RedisProcess redis;
  ExpectEachIsNeeded(redis, kBoth, [&] { return WalkLimiter(redis); });
}

TEST(Acl, AnotherDatabaseNeedsSelect) {
  const RedisProcess redis;
  const Commands all = Joined(kBoth, kStorageAlone);
  SetUser(redis, all);
  ExpectRefused(WalkStorage(redis, "/1"), "'select' command, asked for SELECT");
  SetUser(redis, Joined(all, {"+select"}));
  EXPECT_TRUE(WalkStorage(redis, "/1").ok());
}

TEST(Acl, ReplicasNeedWait) {
  const RedisProcess redis;
  const RedisProcess replica({.lines = {absl::StrCat("replicaof 127.0.0.1 ", redis.port())}});
  const Commands all = Joined(kBoth, kStorageAlone);
  SetUser(redis, all);
  ExpectUnavailable(WalkStorage(redis, "?min_replicas=1&timeout=3s"), "'wait' command, asked for WAIT");
  SetUser(redis, Joined(all, {"+wait"}));
  const absl::Status walked = WalkStorage(redis, "?min_replicas=1&timeout=3s");
  EXPECT_TRUE(walked.ok()) << walked;
}

// What may be left out, at the price of a vaguer warning.
TEST(Acl, ConfigGetLetsTheWarningNameAppendfsync) {
  const RedisProcess redis({.lines = {"appendonly yes", "appendfsync always"}});
  for (const bool may_ask : {false, true}) {
    SetUser(redis, Joined(Joined(kBoth, kStorageAlone), {may_ask ? "+config|get" : "-config"}));
    std::string warnings;
    const auto opened =
        OpenRedisStorage(UriOf(redis), [&](const std::string& warning) { warnings += warning + "\n"; });
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(absl::StrContains(warnings, "does not show us appendfsync"), !may_ask) << warnings;
  }
}

}  // namespace
}  // namespace twofold
