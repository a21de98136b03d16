#include "tests/redis/harness/redis_sentinel_set.h"

#include "gtest/gtest.h"
#include "tests/redis/harness/redis_command.h"

namespace twofold {
namespace {

TEST(SentinelSet, FailsOverAndTakesTheDeadOneBack) {
  SentinelSet set;
  ASSERT_EQ(set.Master(), 0u);
  EXPECT_EQ(set.MasterAddress(), set.node(0).address());
  RedisConnection connection(set.node(0).port());
  ASSERT_EQ(connection.Command({"SET", "a", "b"}), "OK");
  ASSERT_EQ(connection.Command({"WAIT", "2", "5000"}), "2");

  const size_t dead = set.KillMaster();
  EXPECT_EQ(dead, 0u);
  const size_t master = set.AwaitNewMaster(dead);
  EXPECT_NE(master, dead);
  EXPECT_EQ(set.Master(), master);
  EXPECT_EQ(set.node(master).Command({"GET", "a"}), "b");
  EXPECT_EQ(set.node(master).Command({"SET", "a", "c"}), "OK");

  set.RestartAsReplica(dead);
  EXPECT_EQ(set.node(dead).Command({"GET", "a"}), "c");
  EXPECT_EQ(set.node(dead).Command({"SET", "a", "d"}),
            "(error) READONLY You can't write against a read only replica.");
}

TEST(SentinelSet, PasswordsAndASentinelThatIsDown) {
  SentinelSet set({.name = "other", .password = "nodes", .sentinel_password = "sentinels"});
  EXPECT_EQ(RedisCommand(set.node(0).port(), {"PING"}), "(error) NOAUTH Authentication required.");
  EXPECT_EQ(RedisCommand(set.sentinel(0).port(), {"PING"}), "(error) NOAUTH Authentication required.");
  set.sentinel(0).Kill();
  EXPECT_EQ(set.Master(), 0u);
  EXPECT_NE(set.AwaitNewMaster(set.KillMaster()), 0u) << "two sentinels are enough";
}

}  // namespace
}  // namespace twofold
