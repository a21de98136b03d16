// Which of several servers is taken for the master.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/redis_ha/chain_load.h"
#include "tests/redis_ha/deployments.h"

namespace twofold {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(30);
constexpr absl::Duration kBackWithin = absl::Seconds(15);
// Sentinels connect to a new master at most once a second; a shorter silence looks like another
// death.
constexpr absl::Duration kDownAfter = absl::Milliseconds(1500);

size_t Failover(SentinelSet& set) {
  const size_t dead = set.KillMaster();
  set.AwaitNewMaster(dead);
  return dead;
}

// A sentinel that was cut off from the others goes on naming the master of its day, which may even
// take writes again.
TEST(SentinelMasters, TheHighestConfigurationEpochWins) {
  SentinelSetOptions set_options;
  set_options.down_after = kDownAfter;
  SentinelSet set(set_options);
  Failover(set);
  RedisProcess former;
  RedisOptions options;
  options.sentinel = true;
  options.lines = {absl::StrCat("sentinel monitor ", set.name(), " 127.0.0.1 ", former.port(), " 2")};
  RedisProcess cut_off(options);
  std::vector<std::string> sentinels = set.sentinel_addresses();
  sentinels.insert(sentinels.begin(), cut_off.address());
  for (const std::string key : {"first", "last"}) {
    const std::unique_ptr<Storage> storage = OpenStorageAt(SentinelUri(sentinels, set.name()));
    EXPECT_TRUE(StorageClient(*storage).Put(key, "v", kAbsent, 1).ok());
    std::rotate(sentinels.begin(), sentinels.begin() + 1, sentinels.end());
  }
  EXPECT_EQ(former.Command({"DBSIZE"}), "0");
  EXPECT_EQ(set.node(set.Master()).Command({"DBSIZE"}), "2");
}

// The sentinel that leads a failover names the old master in SENTINEL MASTER until the last replica
// follows the new one, or failover-timeout is over; with the new epoch.
TEST(SentinelMasters, TheNewMasterIsFoundBeforeTheLastReplicaFollowsIt) {
  SentinelSetOptions options;
  options.password = "right";
  options.sentinel_lines = {"sentinel failover-timeout twofold 60000"};
  options.down_after = kDownAfter;
  SentinelSet set(options);
  std::vector<std::unique_ptr<Storage>> storages;
  for (const std::string& sentinel : set.sentinel_addresses()) {
    storages.push_back(OpenStorageAt(absl::StrCat("redis+sentinel://:right@", sentinel, "/", set.name())));
  }
  // Which of them is promoted is not known; the other cannot follow.
  for (size_t i = 1; i < SentinelSet::kNodes; ++i)
    set.node(i).Command({"CONFIG", "SET", "masterauth", "wrong"});
  set.KillMaster();
  Version version = 1;
  for (const std::unique_ptr<Storage>& storage : storages) {
    const std::string key = absl::StrCat("k", version);
    EXPECT_TRUE(Await(kBackWithin, [&] {
      const absl::Status put = StorageClient(*storage).Put(key, "v", kAbsent, version);
      return put.ok() || absl::IsAborted(put);
    }));
    ++version;
  }
}

// Started again, a former master says that it is one for some eight seconds.
TEST(SentinelMasters, AFormerMasterThatComesBackIsNotUsed) {
  SentinelSetOptions options;
  options.node_lines = {"appendonly yes"};
  options.down_after = kDownAfter;
  SentinelSet set(options);
  const std::unique_ptr<Storage> before = OpenStorageAt(UriOf(set));
  ASSERT_TRUE(StorageClient(*before).Put("k", "v", kAbsent, 1).ok());
  const size_t former = Failover(set);
  ASSERT_TRUE(Await(kBackWithin, [&] { return StorageClient(*before).Put("k", "w", 1, 2).ok(); }));
  set.node(former).Start();
  ASSERT_TRUE(absl::StartsWith(set.node(former).Command({"ROLE"}), "master"));
  const std::unique_ptr<Storage> after = OpenStorageAt(UriOf(set));
  ChainLoadOptions load_options;
  load_options.key_of = [](int n) { return absl::StrCat("chain", n); };
  ChainLoad load({before.get(), after.get()}, load_options);
  ASSERT_TRUE(Await(kLimit, [&] { return load.acknowledged() > 2000; }));
  EXPECT_TRUE(absl::StartsWith(set.node(former).Command({"ROLE"}), "master"))
      << "too late to have been tempting";
  // Then the sentinels find it, and make it a replica.
  if (Rounds(0, 1) > 0) set.AwaitReplica(former);
  const ChainVerdict verdict = load.Check(*after);
  EXPECT_TRUE(verdict.NothingBroken()) << verdict;
  EXPECT_GT(verdict.acknowledged, 0);
  EXPECT_EQ(StorageClient(*after).VersionOf("k"), 2U);
  const std::string commands = set.node(former).Command({"INFO", "commandstats"});
  for (const char* const ours : {"cmdstat_get:", "cmdstat_eval"}) {
    EXPECT_FALSE(absl::StrContains(commands, ours)) << commands;
  }
}

// An address at which a replica answers now, between two looks at what the server is.
TEST(SentinelMasters, AConnectionThatLeadsToAReplicaIsNotUsed) {
  RedisProcess server;
  RedisProcess other;
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(server));
  StorageClient client(*storage);
  ASSERT_TRUE(client.Put("k", "v", kAbsent, 1).ok());
  ASSERT_EQ(server.Command({"REPLICAOF", RedisProcess::host(), absl::StrCat(other.port())}), "OK");
  // As Sentinel does after it.
  server.Command({"CLIENT", "KILL", "TYPE", "normal"});
  const auto answered = [&] { return !absl::IsUnavailable(client.Get("k").status()); };
  EXPECT_FALSE(Await(absl::Milliseconds(500), answered));
  ASSERT_EQ(server.Command({"REPLICAOF", "NO", "ONE"}), "OK");
  EXPECT_TRUE(Await(absl::Seconds(5), answered));
}

}  // namespace
}  // namespace twofold
