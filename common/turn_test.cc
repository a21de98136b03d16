#include "common/turn.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

void Count(void* wakes) { ++*static_cast<int*>(wakes); }

TEST(Turn, PutsOffToItsEnd) {
  int wakes = 0;
  {
    const Turn turn;
    EXPECT_TRUE(Turn::PutOff(&Count, &wakes));
    EXPECT_FALSE(Turn::PutOff(&Count, &wakes));
    EXPECT_EQ(wakes, 0);
  }
  EXPECT_EQ(wakes, 1);
}

TEST(Turn, AThreadWithoutOneWakesAtOnce) {
  int wakes = 0;
  EXPECT_TRUE(Turn::PutOff(&Count, &wakes));
  EXPECT_EQ(wakes, 1);
}

TEST(Turn, WakesBeforeItsEndWhenTold) {
  int wakes = 0;
  {
    const Turn turn;
    Turn::PutOff(&Count, &wakes);
    Turn::WakeNow();
    EXPECT_EQ(wakes, 1);
    EXPECT_TRUE(Turn::PutOff(&Count, &wakes));
    EXPECT_EQ(wakes, 1);
  }
  EXPECT_EQ(wakes, 2);
  Turn::WakeNow();
}

}  // namespace
}  // namespace twofold
