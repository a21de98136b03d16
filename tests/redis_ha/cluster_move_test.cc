// A slot of a Cluster moves to another master under load.

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "storage/keys.h"
#include "tests/harness/rounds.h"
#include "tests/redis/harness/await.h"
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

TEST(ClusterMove, NothingIsLostAndNobodyNotices) {
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

}  // namespace
}  // namespace twofold
