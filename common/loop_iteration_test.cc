#include "common/loop_iteration.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

void Count(void* wakes) { ++*static_cast<int*>(wakes); }

TEST(LoopIteration, DefersWakesToItsEnd) {
  int wakes = 0;
  {
    const LoopIteration iteration;
    EXPECT_TRUE(LoopIteration::DeferWake(&Count, &wakes));
    EXPECT_FALSE(LoopIteration::DeferWake(&Count, &wakes));
    EXPECT_EQ(wakes, 0);
  }
  EXPECT_EQ(wakes, 1);
}

TEST(LoopIteration, AThreadOutsideOneWakesAtOnce) {
  int wakes = 0;
  EXPECT_TRUE(LoopIteration::DeferWake(&Count, &wakes));
  EXPECT_EQ(wakes, 1);
}

TEST(LoopIteration, WakeNowWakesBeforeItsEnd) {
  int wakes = 0;
  {
    const LoopIteration iteration;
    LoopIteration::DeferWake(&Count, &wakes);
    LoopIteration::WakeNow();
    EXPECT_EQ(wakes, 1);
    EXPECT_TRUE(LoopIteration::DeferWake(&Count, &wakes));
    EXPECT_EQ(wakes, 1);
  }
  EXPECT_EQ(wakes, 2);
  LoopIteration::WakeNow();
}

}  // namespace
}  // namespace twofold
