#include "server/rpc/admission.h"

#include <gtest/gtest.h>

namespace twofold {
namespace {

constexpr double kLeast = 0;
constexpr double kMost = 0.999999;

TEST(AdmissionTest, EverybodyIsLetInBelowHalfOfTheLimit) {
  EXPECT_TRUE(LetsIn(0, 100, kLeast));
  EXPECT_TRUE(LetsIn(49, 100, kLeast));
  EXPECT_TRUE(LetsIn(50, 100, kLeast));
  EXPECT_FALSE(LetsIn(51, 100, kLeast));
}

TEST(AdmissionTest, NobodyIsLetInAtTheLimit) {
  EXPECT_TRUE(LetsIn(99, 100, kMost));
  EXPECT_FALSE(LetsIn(100, 100, kMost));
  EXPECT_FALSE(LetsIn(101, 100, kMost));
}

TEST(AdmissionTest, InBetweenTheShareFallsInAStraightLine) {
  for (const int in_flight : {60, 75, 90}) {
    int refused = 0;
    for (int draw = 0; draw < 1000; ++draw) refused += LetsIn(in_flight, 100, draw / 1000.0) ? 0 : 1;
    EXPECT_NEAR(refused, (in_flight - 50) * 20, 1);
  }
}

TEST(AdmissionTest, ALimitOfOneLetsOneIn) {
  EXPECT_TRUE(LetsIn(0, 1, kLeast));
  EXPECT_FALSE(LetsIn(1, 1, kMost));
}

}  // namespace
}  // namespace twofold
