// A master of a Cluster loses what it holds and goes on.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/keys.h"
#include "tests/redis_ha/deployments.h"

namespace twofold {
namespace {

constexpr int kUsers = 30;

size_t MasterOfKey(const ClusterSet& cluster, const std::string& key) {
  return cluster.MasterOf(ClusterSet::KeySlot(FlatName(key)));
}

// Of which the store's marker says nothing.
size_t MasterWithoutMarker(const ClusterSet& cluster) {
  for (const size_t master : cluster.Masters()) {
    if (master != MasterOfKey(cluster, StoreMarkerKey())) return master;
  }
  return ClusterSet::kNodes;
}

TEST(ClusterEmptied, T24_RecordsOfAnEmptiedMasterAreDataLossAndNotNotFound) {
  ClusterSet cluster;
  const OpenedStorage opened = OpenAt(UriOf(cluster));
  const std::unique_ptr<Storage>& storage = opened.storage;
  for (int i = 0; i < kUsers; ++i) {
    ASSERT_TRUE(SyncWait(storage->Put(absl::StrCat("user", i), "bytes", kAbsent, 1)).ok());
    ASSERT_TRUE(absl::IsNotFound(SyncWait(storage->Get(absl::StrCat("nobody", i))).status()));
  }
  const size_t emptied = MasterWithoutMarker(cluster);
  ASSERT_EQ(cluster.node(emptied).Command({"FLUSHALL"}), "OK");
  int lost = 0;
  for (int i = 0; i < kUsers; ++i) {
    for (const std::string& name : {absl::StrCat("user", i), absl::StrCat("nobody", i)}) {
      const absl::Status got = SyncWait(storage->Get(name)).status();
      if (MasterOfKey(cluster, name) == emptied) {
        ++lost;
        EXPECT_TRUE(absl::IsDataLoss(got)) << name << ": " << got;
      } else {
        EXPECT_EQ(got.ok(), name.front() == 'u') << got;
        EXPECT_EQ(absl::IsNotFound(got), name.front() == 'n') << got;
      }
    }
  }
  EXPECT_GT(lost, 0);
  EXPECT_LT(lost, 2 * kUsers);
  // Preparing is for new stores: it does not make a lost part a good one.
  ASSERT_TRUE(SyncWait(opened.prepare()).ok());
  int user = 0;
  while (MasterOfKey(cluster, absl::StrCat("user", user)) != emptied) ++user;
  EXPECT_TRUE(absl::IsDataLoss(SyncWait(storage->Get(absl::StrCat("user", user))).status()));
}

TEST(ClusterEmptied, ASlotMovesWithItsSentinel) {
  constexpr int kSlot = 1234;
  ClusterSet cluster;
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(cluster));
  int tried = 0;
  while (ClusterSet::KeySlot(FlatName(absl::StrCat("nobody", tried))) != kSlot) ++tried;
  const std::string nobody = absl::StrCat("nobody", tried);
  const size_t from = cluster.MasterOf(kSlot);
  cluster.MoveSlot(kSlot, cluster.Masters()[0] == from ? cluster.Masters()[1] : cluster.Masters()[0]);
  EXPECT_NE(cluster.MasterOf(kSlot), from);
  EXPECT_TRUE(absl::IsNotFound(SyncWait(storage->Get(nobody)).status()));
}

}  // namespace
}  // namespace twofold
