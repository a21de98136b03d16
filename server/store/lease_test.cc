#include "server/store/lease.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const StoreLease::Time kStart = StoreLease::Time(hours(1));

TEST(StoreLeaseTest, NothingIsServedBeforeTheFirstLook) {
  const StoreLease lease;
  EXPECT_FALSE(lease.Holds(kStart));
  EXPECT_FALSE(lease.Holds());
}

TEST(StoreLeaseTest, ALookCountsForALimitedTime) {
  StoreLease lease;
  lease.Renew(kStart);
  EXPECT_TRUE(lease.Holds(kStart));
  EXPECT_TRUE(lease.Holds(kStart + seconds(10) - milliseconds(1)));
  EXPECT_FALSE(lease.Holds(kStart + seconds(10)));
  lease.Renew(kStart + seconds(9));
  EXPECT_TRUE(lease.Holds(kStart + seconds(18)));
}

TEST(StoreLeaseTest, EndsAtOnce) {
  StoreLease lease;
  lease.Renew(kStart);
  lease.End();
  EXPECT_FALSE(lease.Holds(kStart));
}

// A migration waits for that long before it reads.
TEST(StoreLeaseTest, QuietIsLongerThanTheLease) { EXPECT_GE(kStoreQuiet, kStoreLease + absl::Seconds(3)); }

}  // namespace
}  // namespace twofold
