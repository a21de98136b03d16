// kill -9 of one master of a Cluster under load.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/keys.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/redis_ha/chain_load.h"
#include "tests/redis_ha/deployments.h"

namespace twofold {
namespace {

constexpr absl::Duration kBackWithin = absl::Seconds(15);
constexpr absl::Duration kLimit = absl::Seconds(30);

std::string KeyOf(int round, int n) { return absl::StrCat("round", round, "-", n); }

ChainLoadOptions LoadOfRound(int round) {
  ChainLoadOptions options;
  options.key_of = [round](int n) { return KeyOf(round, n); };
  return options;
}

int SlotOfFirstKey(int round) { return ClusterSet::KeySlot(FlatName(KeyOf(round, 0))); }

// A master has one replica here. When that one takes over there is none, and with min_replicas=1
// its users wait until the dead node is back.
TEST(ClusterFailover, L2_MinReplicasLosesNothing) {
  ClusterSetOptions options;
  options.lines = {"appendonly yes", "appendfsync always"};
  ClusterSet cluster(options);
  const std::string uri = UriOf(cluster, "min_replicas=1");
  const std::unique_ptr<Storage> one = OpenStorageAt(uri);
  const std::unique_ptr<Storage> other = OpenStorageAt(uri);
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937 dice(seed);
  const int rounds = Rounds(2, 20);
  int64_t acknowledged = 0;
  absl::Duration longest;
  for (int round = 0; round < rounds; ++round) {
    ChainLoad load({one.get(), other.get()}, LoadOfRound(round));
    const int64_t enough = 500 + static_cast<int64_t>(dice() % 1500);
    ASSERT_TRUE(Await(kLimit, [&] { return load.acknowledged() > enough; }));
    const size_t dead = cluster.KillMaster(SlotOfFirstKey(round));
    const absl::Time killed = absl::Now();
    load.Mark();
    cluster.AwaitNewMaster(SlotOfFirstKey(round), dead);
    cluster.node(dead).Start();
    ASSERT_TRUE(Await(kLimit, [&] { return load.EveryChainGrew(); }));
    const absl::Duration took = absl::Now() - killed;
    EXPECT_LT(took, kBackWithin);
    longest = std::max(longest, took);
    const ChainVerdict verdict = load.Check(*one);
    ASSERT_TRUE(verdict.NothingBroken()) << "round " << round << ": " << verdict;
    acknowledged += verdict.acknowledged;
    std::cout << "round " << round << ": back after " << took << ", " << verdict << "\n";
    cluster.AwaitOk();
  }
  std::cout << "cluster, min_replicas=1, always: " << rounds << " failovers, " << acknowledged
            << " acknowledged, 0 lost, service back after " << longest << " at most\n";
}

// A slot of each master. A node that is elected twice within seconds does not get new votes for the
// second time (Redis 7.0), so that a test has six planned failovers at most: there and back on
// each.
constexpr int kSlotOfEach[] = {100, 8000, 16000};

// Makes the replica of a slot's master its master, as before maintenance.
void PlannedFailover(ClusterSet& cluster, int slot) {
  const size_t old = cluster.MasterOf(slot);
  const std::string id = cluster.node(old).Command({"CLUSTER", "MYID"});
  const std::string replicas = cluster.node(old).Command({"CLUSTER", "REPLICAS", id});
  for (size_t i = 0; i < ClusterSet::kNodes; ++i) {
    if (!absl::StrContains(replicas, absl::StrCat(" ", cluster.node(i).address(), "@"))) continue;
    EXPECT_EQ(cluster.node(i).Command({"CLUSTER", "FAILOVER"}), "OK");
  }
  cluster.AwaitNewMaster(slot, old);
}

// The old master stops its clients until the replica has everything, and is its replica afterwards.
TEST(ClusterFailover, L2_APlannedFailoverLosesNothing) {
  ClusterSet cluster;
  const std::string uri = UriOf(cluster, "min_replicas=1");
  const std::unique_ptr<Storage> one = OpenStorageAt(uri);
  const std::unique_ptr<Storage> other = OpenStorageAt(uri);
  ChainLoad load({one.get(), other.get()}, LoadOfRound(0));
  absl::Duration longest;
  for (int round = 0; round < Rounds(2, 6); ++round) {
    load.Mark();
    ASSERT_TRUE(Await(kLimit, [&] { return load.EveryChainGrew(); }));
    const absl::Time asked = absl::Now();
    PlannedFailover(cluster, kSlotOfEach[round % 3]);
    load.Mark();
    ASSERT_TRUE(Await(kLimit, [&] { return load.EveryChainGrew(); }));
    longest = std::max(longest, absl::Now() - asked);
    cluster.AwaitOk();
  }
  const ChainVerdict verdict = load.Check(*one);
  std::cout << "cluster, planned failovers, service back after " << longest << " at most: " << verdict
            << "\n";
  EXPECT_TRUE(verdict.NothingBroken()) << verdict;
  EXPECT_LT(longest, kBackWithin);
}

// A node that was a master when the slots were asked for, and is a replica a moment later, is no
// reason to refuse what others serve.
TEST(ClusterFailover, APlannedFailoverDoesNotAffectOtherMasters) {
  // No node may take another for dead because the machine is busy: then all of them refuse, and
  // rightly.
  ClusterSet cluster({.node_timeout = absl::Seconds(15)});
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(cluster));
  std::set<std::string> refused;
  int tried = 0;
  for (int round = 0; round < Rounds(3, 6); ++round) {
    const int slot = kSlotOfEach[round % 3];
    // Somebody must notice.
    ChainLoad noticing({storage.get()}, LoadOfRound(round));
    ChainLoadOptions options;
    options.chains = 16;
    options.key_of = [slot, &tried](int) {
      for (;;) {
        std::string key = absl::StrCat("elsewhere", ++tried);
        const int away = std::abs(ClusterSet::KeySlot(FlatName(key)) - slot);
        // Farther than a master's share of the slots, either way round.
        constexpr int kShare = ClusterSet::kSlots / ClusterSet::kMasters + 1;
        if (away > kShare && away < ClusterSet::kSlots - kShare) return key;
      }
    };
    ChainLoad load({storage.get()}, options);
    PlannedFailover(cluster, slot);
    load.Mark();
    noticing.Mark();
    ASSERT_TRUE(Await(kLimit, [&] { return load.EveryChainGrew() && noticing.EveryChainGrew(); }));
    noticing.Stop();
    refused.merge(load.Check(*storage).reasons);
    cluster.AwaitOk();
  }
  EXPECT_THAT(refused, testing::IsEmpty());
}

TEST(ClusterFailover, ServiceIsBackWithoutTheDeadNode) {
  ClusterSet cluster;
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(cluster));
  ChainLoad load({storage.get()}, LoadOfRound(0));
  load.Mark();
  ASSERT_TRUE(Await(kLimit, [&] { return load.EveryChainGrew(); }));
  cluster.KillMaster(SlotOfFirstKey(0));
  const absl::Time killed = absl::Now();
  load.Mark();
  EXPECT_TRUE(Await(kBackWithin, [&] { return load.EveryChainGrew(); }));
  std::cout << "cluster, min_replicas=0: service back after " << absl::Now() - killed << "\n";
  const ChainVerdict verdict = load.Check(*storage);
  std::cout << "no AOF, replica in step: " << verdict << "\n";
  EXPECT_TRUE(verdict.strange.empty());
}

}  // namespace
}  // namespace twofold
