#include "common/turn.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

void Count(void* wakes) { ++*static_cast<int*>(wakes); }

TEST(Turn, PutsOffToItsEnd) {
  int wakes = 0;
  {
    const Turn turn;
    Turn::PutOff(&Count, &wakes);
    Turn::PutOff(&Count, &wakes);
    EXPECT_EQ(wakes, 0);
  }
  EXPECT_EQ(wakes, 1);
}

TEST(Turn, AThreadWithoutOneWakesAtOnce) {
  int wakes = 0;
  Turn::PutOff(&Count, &wakes);
  EXPECT_EQ(wakes, 1);
}

}  // namespace
}  // namespace twofold
