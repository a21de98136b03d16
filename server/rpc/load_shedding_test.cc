#include "server/rpc/load_shedding.h"

#include <gtest/gtest.h>

namespace twofold {
namespace {

constexpr double kLeast = 0;
constexpr double kMost = 0.999999;

TEST(LoadSheddingTest, AdmitsEveryCallUpToHalfOfTheLimit) {
  EXPECT_TRUE(AdmitsCall(0, 100, kLeast));
  EXPECT_TRUE(AdmitsCall(49, 100, kLeast));
  EXPECT_TRUE(AdmitsCall(50, 100, kLeast));
  EXPECT_FALSE(AdmitsCall(51, 100, kLeast));
}

TEST(LoadSheddingTest, RejectsEveryCallAtTheLimit) {
  EXPECT_TRUE(AdmitsCall(99, 100, kMost));
  EXPECT_FALSE(AdmitsCall(100, 100, kMost));
  EXPECT_FALSE(AdmitsCall(101, 100, kMost));
}

TEST(LoadSheddingTest, RejectsInBetweenWithALinearProbability) {
  for (const int in_flight : {60, 75, 90}) {
    int rejected = 0;
    for (int draw = 0; draw < 1000; ++draw) rejected += AdmitsCall(in_flight, 100, draw / 1000.0) ? 0 : 1;
    EXPECT_NEAR(rejected, (in_flight - 50) * 20, 1);
  }
}

TEST(LoadSheddingTest, ALimitOfOneAdmitsOneCall) {
  EXPECT_TRUE(AdmitsCall(0, 1, kLeast));
  EXPECT_FALSE(AdmitsCall(1, 1, kMost));
}

}  // namespace
}  // namespace twofold
