// min_replicas: nothing is answered that fewer replicas have.

#include <algorithm>
#include <future>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/async.h"
#include "gtest/gtest.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/await.h"
#include "tests/redis_ha/deployments.h"

namespace twofold {
namespace {

RedisOptions ReplicaOf(const RedisProcess& master) {
  RedisOptions options;
  options.lines = {absl::StrCat("replicaof 127.0.0.1 ", master.port())};
  return options;
}

class Wait : public testing::Test {
 protected:
  Wait() : replica_(ReplicaOf(master_)) {
    const auto in_step = [&] {
      const std::string state = master_.Command({"INFO", "replication"});
      const std::string before = "\nmaster_repl_offset:";
      const size_t at = state.find(before) + before.size();
      const std::string offset = state.substr(at, state.find('\r', at) - at);
      // Something to acknowledge: right after its first synchronization a replica has acknowledged
      // nothing.
      if (offset == "0") master_.Command({"PUBLISH", "twofold-test", "begin"});
      return offset != "0" && absl::StrContains(state, absl::StrCat("state=online,offset=", offset, ","));
    };
    AwaitOrAbort("the replica is in step", absl::Seconds(10), in_step, [&] { return replica_.Log(); });
  }

  // The ids that the master gave to our connections.
  std::set<std::string> Connections() const {
    std::set<std::string> ids;
    for (const auto& line : absl::StrSplit(master_.Command({"CLIENT", "LIST"}), '\n', absl::SkipEmpty())) {
      if (!absl::StrContains(line, "name=twofold ")) continue;
      const std::string text(line);
      ids.insert(text.substr(0, text.find(' ')));
    }
    return ids;
  }

  RedisProcess master_;
  RedisProcess replica_;
};

TEST_F(Wait, AWriteWithoutAReplicaIsNotAnswered) {
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(master_, "min_replicas=1"));
  StorageClient client(*storage);
  ASSERT_TRUE(client.Put("k", "v", kAbsent, 1).ok());
  const std::set<std::string> connections = Connections();
  ASSERT_FALSE(connections.empty());

  replica_.Pause();
  EXPECT_EQ(client.Put("k", "w", 1, 2).code(), absl::StatusCode::kUnknown);
  // The master has it, and a failover would take it back.
  EXPECT_EQ(client.Get("k").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client.Put("k", "x", 1, 3).code(), absl::StatusCode::kUnknown);

  replica_.Resume();
  ASSERT_TRUE(Await(absl::Seconds(5), [&] { return client.Get("k").ok(); }));
  EXPECT_EQ(client.VersionOf("k"), 2U);
  EXPECT_TRUE(client.Put("k", "x", 2, 3).ok());
  EXPECT_EQ(Connections(), connections) << "a slow replica costs no connection";
}

// A reader must not see what its own connection has not written and no replica has.
TEST_F(Wait, ReadsWaitForTheWritesOfOthers) {
  const std::unique_ptr<Storage> writer = OpenStorageAt(UriOf(master_));
  const std::unique_ptr<Storage> reader = OpenStorageAt(UriOf(master_, "min_replicas=1"));
  ASSERT_TRUE(StorageClient(*writer).Put("k", "v", kAbsent, 1).ok());
  ASSERT_EQ(StorageClient(*reader).VersionOf("k"), 1U);
  replica_.Pause();
  ASSERT_TRUE(StorageClient(*writer).Put("k", "w", 1, 2).ok());
  EXPECT_EQ(StorageClient(*reader).Get("k").status().code(), absl::StatusCode::kUnavailable);
  replica_.Resume();
  ASSERT_TRUE(Await(absl::Seconds(5), [&] { return StorageClient(*reader).Get("k").ok(); }));
  EXPECT_EQ(StorageClient(*reader).VersionOf("k"), 2U);
}

TEST_F(Wait, MoreReplicasThanExistAnswerNothing) {
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(master_, "min_replicas=2"));
  StorageClient client(*storage);
  EXPECT_EQ(client.Put("k", "v", kAbsent, 1).code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(client.Get("k").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(Wait, TheLimiterDoesNotWait) {
  const std::string uri = UriOf(master_, "min_replicas=1&timeout=3s");
  const std::unique_ptr<Storage> storage = OpenStorageAt(uri);
  const std::unique_ptr<RateLimiter> limiter = OpenLimiterAt(uri);
  ASSERT_TRUE(StorageClient(*storage).Put("k", "v", kAbsent, 1).ok());
  replica_.Pause();
  std::future<absl::Status> put =
      std::async(std::launch::async, [&] { return StorageClient(*storage).Put("k", "w", 1, 2); });
  ASSERT_TRUE(Await(absl::Seconds(2), [&] {
    return absl::StrContains(master_.Command({"INFO", "clients"}), "blocked_clients:1");
  }));
  RateLimit limit;
  limit.attempts = 5;
  limit.window = absl::Seconds(100);
  const absl::Time before = absl::Now();
  const absl::StatusOr<AcquireResult> acquired = SyncWait(limiter->Acquire({{"b", limit}}));
  const absl::Duration took = absl::Now() - before;
  ASSERT_TRUE(acquired.ok()) << acquired.status();
  EXPECT_TRUE(acquired->allowed);
  EXPECT_LT(took, absl::Seconds(1));
  EXPECT_EQ(put.wait_for(std::chrono::seconds(0)), std::future_status::timeout) << "the Put still waits";
  replica_.Resume();
  EXPECT_TRUE(put.get().ok());
}

}  // namespace
}  // namespace twofold
