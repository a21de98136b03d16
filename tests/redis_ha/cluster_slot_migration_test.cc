// A slot of a Cluster migrates to another master under load.

#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/async.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/keys.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/redis_ha/chain_load.h"
#include "tests/redis_ha/deployments.h"

namespace twofold {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(30);

// How often a node has answered with this error.
int64_t CountOf(const RedisProcess& node, const std::string& error) {
  const std::string stats = node.Command({"INFO", "errorstats"});
  const std::string before = absl::StrCat("errorstat_", error, ":count=");
  const size_t at = stats.find(before);
  int64_t count = 0;
  if (at == std::string::npos) return 0;
  const size_t begin = at + before.size();
  EXPECT_TRUE(absl::SimpleAtoi(stats.substr(begin, stats.find('\r', begin) - begin), &count)) << stats;
  return count;
}

// Keys of one slot, one after the other.
class KeysOfSlot {
 public:
  explicit KeysOfSlot(int slot) : slot_(slot) {}

  std::string Next() {
    for (;;) {
      std::string key = absl::StrCat("k", ++tried_);
      if (ClusterSet::KeySlot(FlatName(key)) == slot_) return key;
    }
  }

 private:
  const int slot_;
  int tried_ = 0;
};

TEST(ClusterSlotMigration, MigratingSlotsLosesNothingAndFailsNoCall) {
  constexpr int kSlot = 1234;
  constexpr int kKeysAtOnce = 4;
  ClusterSet cluster;
  const std::string uri = UriOf(cluster, "min_replicas=1");
  const std::unique_ptr<Storage> one = OpenStorageAt(uri);
  const std::unique_ptr<Storage> other = OpenStorageAt(uri);
  KeysOfSlot keys(kSlot);
  const int rounds = Rounds(2, 20);
  int64_t acknowledged = 0;
  for (int round = 0; round < rounds; ++round) {
    ChainLoadOptions options;
    options.chains = 12;
    options.key_of = [&keys](int) { return keys.Next(); };
    ChainLoad load({one.get(), other.get()}, options);
    const auto all_grow = [&] {
      load.Mark();
      return Await(kLimit, [&] { return load.EveryChainGrew(); });
    };
    ASSERT_TRUE(all_grow());
    const std::vector<size_t> masters = cluster.Masters();
    const size_t from = cluster.MasterOf(kSlot);
    const size_t to = masters[0] == from ? masters[1] : masters[0];
    const int64_t asks = CountOf(cluster.node(from), "ASK");
    const int64_t moves = CountOf(cluster.node(from), "MOVED");
    const SlotMove move = cluster.BeginMove(kSlot, to);
    ASSERT_TRUE(all_grow());
    while (cluster.MoveKeys(move, kKeysAtOnce) > 0) ASSERT_TRUE(all_grow());
    cluster.FinishMove(move);
    ASSERT_TRUE(all_grow());
    EXPECT_GT(CountOf(cluster.node(from), "ASK"), asks);
    EXPECT_GT(CountOf(cluster.node(from), "MOVED"), moves);
    const ChainVerdict verdict = load.Check(*one);
    ASSERT_TRUE(verdict.NothingBroken()) << "round " << round << ": " << verdict;
    acknowledged += verdict.acknowledged;
    cluster.AwaitOk();
  }
  std::cout << rounds << " moves, " << acknowledged << " acknowledged, 0 lost\n";
}

// In a planned failover a master may hear that another one has none of its slots any more before it
// hears who has them, and refuses everything for that moment.
TEST(ClusterSlotMigration, ASlotWithoutAMasterForAMomentFailsNoCall) {
  constexpr int kSlot = 1234;
  constexpr int kTries = 20;
  ClusterSet cluster;
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(cluster));
  KeysOfSlot keys(kSlot);
  const RedisProcess& master = cluster.node(cluster.MasterOf(kSlot));
  const std::string slot = absl::StrCat(kSlot);
  ASSERT_TRUE(SyncWait(storage->Put(keys.Next(), "bytes", kAbsent, 1)).ok());
  // On a busy machine the moment may be too long, or over before the write is there.
  bool waited = false;
  for (int i = 0; i < kTries && !waited; ++i) {
    const int64_t before = CountOf(master, "CLUSTERDOWN");
    EXPECT_EQ(master.Command({"CLUSTER", "DELSLOTS", slot}), "OK");
    absl::Status written;
    std::thread write([&] { written = SyncWait(storage->Put(keys.Next(), "bytes", kAbsent, 1)); });
    Await(absl::Milliseconds(50), [&] { return CountOf(master, "CLUSTERDOWN") > before; });
    EXPECT_EQ(master.Command({"CLUSTER", "ADDSLOTS", slot}), "OK");
    write.join();
    waited = written.ok() && CountOf(master, "CLUSTERDOWN") > before;
    cluster.AwaitOk();
  }
  EXPECT_TRUE(waited);
}

TEST(ClusterSlotMigration, ASlotWithoutAMasterIsUnavailableSoon) {
  ClusterSet cluster;
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(cluster));
  KeysOfSlot keys(1234);
  const std::string key = keys.Next();
  EXPECT_EQ(cluster.node(cluster.MasterOf(1234)).Command({"CLUSTER", "DELSLOTS", "1234"}), "OK");
  const absl::Time begin = absl::Now();
  const absl::Status refused = SyncWait(storage->Put(key, "bytes", kAbsent, 1));
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  // As the node says, or as we have seen by then.
  EXPECT_THAT(std::string(refused.message()),
              testing::AnyOf(testing::HasSubstr("CLUSTERDOWN"), testing::HasSubstr("no master")));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
}

}  // namespace
}  // namespace twofold
