#include "tests/redis/harness/redis_cluster.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/redis/harness/redis_command.h"

namespace twofold {
namespace {

TEST(ClusterSet, ComesUpMovesASlotAndSurvivesTheKillOfAMaster) {
  ClusterSet cluster;
  ASSERT_EQ(cluster.Masters().size(), ClusterSet::kMasters);
  for (const std::string key : {"a", "{tag}x", "x{tag}", "{}y", "a{b"}) {
    EXPECT_EQ(cluster.node(0).Command({"CLUSTER", "KEYSLOT", key}), absl::StrCat(ClusterSet::KeySlot(key)));
  }

  // In the middle of a move: MOVED, then ASK and TRYAGAIN, then MOVED to the new master.
  const int slot = ClusterSet::KeySlot("{tag}");
  const size_t from = cluster.MasterOf(slot);
  size_t to = cluster.Masters()[0];
  if (to == from) to = cluster.Masters()[1];
  const std::string moved = absl::StrCat("(error) MOVED ", slot, " ", cluster.node(from).address());
  EXPECT_EQ(cluster.node(to).Command({"GET", "{tag}1"}), moved);
  for (const std::string key : {"{tag}1", "{tag}2"}) {
    ASSERT_EQ(cluster.node(from).Command({"SET", key, "v"}), "OK");
  }
  const SlotMove move = cluster.BeginMove(slot, to);
  ASSERT_EQ(move.from, from);
  EXPECT_EQ(cluster.MoveKeys(move, 1), 1);
  EXPECT_EQ(cluster.MasterOf(slot), from);
  EXPECT_TRUE(absl::StartsWith(cluster.node(from).Command({"MGET", "{tag}1", "{tag}2"}), "(error) TRYAGAIN"));
  EXPECT_EQ(cluster.node(from).Command({"GET", "{tag}3"}),
            absl::StrCat("(error) ASK ", slot, " ", cluster.node(to).address()));
  EXPECT_EQ(cluster.MoveKeys(move), 1);
  EXPECT_EQ(cluster.MoveKeys(move), 0);
  cluster.FinishMove(move);
  EXPECT_EQ(cluster.MasterOf(slot), to);
  EXPECT_EQ(cluster.node(to).Command({"GET", "{tag}1"}), "v");
  EXPECT_EQ(cluster.node(from).Command({"GET", "{tag}1"}),
            absl::StrCat("(error) MOVED ", slot, " ", cluster.node(to).address()));
  cluster.AwaitOk();

  RedisConnection connection(cluster.node(to).port());
  ASSERT_EQ(connection.Command({"SET", "{tag}1", "w"}), "OK");
  ASSERT_EQ(connection.Command({"WAIT", "1", "5000"}), "1");
  const size_t dead = cluster.KillMaster(slot);
  EXPECT_EQ(dead, to);
  const size_t master = cluster.AwaitNewMaster(slot, dead);
  EXPECT_EQ(cluster.node(master).Command({"GET", "{tag}1"}), "w");
  cluster.node(dead).Start();
  cluster.AwaitOk();
  EXPECT_EQ(cluster.MasterOf(slot), master);
  EXPECT_TRUE(absl::StartsWith(cluster.node(dead).Command({"ROLE"}), "slave"));
}

TEST(ClusterSet, Password) {
  ClusterSet cluster({.password = "secret"});
  const int slot = ClusterSet::KeySlot("a");
  const size_t from = cluster.MasterOf(slot);
  ASSERT_EQ(cluster.node(from).Command({"SET", "a", "b"}), "OK");
  const size_t to = cluster.Masters()[0] == from ? cluster.Masters()[1] : cluster.Masters()[0];
  cluster.MoveSlot(slot, to);
  EXPECT_EQ(cluster.node(to).Command({"GET", "a"}), "b");
}

}  // namespace
}  // namespace twofold
