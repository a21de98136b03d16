#include "storage/gcra.h"

#include <random>

#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kNow = 1'700'000'000'000;
// Five at once, one every 20 s.
constexpr Gcra kFive(20'000, 5);

struct Case {
  int64_t tat;
  int64_t available;
  int64_t until_one;
};

TEST(Gcra, AvailableAndWaitAtTheEdges) {
  const Case cases[] = {
      {kMin, 5, 0},
      {0, 5, 0},
      {kNow, 5, 0},
      {kNow + 1, 4, 0},
      {kNow + 20'000, 4, 0},
      {kNow + 20'001, 3, 0},
      {kNow + 80'000, 1, 0},
      {kNow + 80'001, 0, 1},
      {kNow + 100'000, 0, 20'000},
      {kNow + 100'001, -1, 20'001},
      {kNow + 120'000, -1, 40'000},
      {kNow + 120'001, -2, 40'001},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(kFive.Available(c.tat, kNow), c.available) << c.tat - kNow;
    EXPECT_EQ(kFive.TimeUntil(c.tat, kNow), c.until_one) << c.tat - kNow;
  }
}

TEST(Gcra, TimeUntilCountsUnits) {
  EXPECT_EQ(kFive.TimeUntil(kNow, kNow, 5), 0);
  EXPECT_EQ(kFive.TimeUntil(kNow + 1, kNow, 5), 1);
  EXPECT_EQ(kFive.TimeUntil(kNow + 100'000, kNow, 5), 100'000);
}

TEST(Gcra, AChargeMayGoIntoDebt) {
  int64_t tat = kFive.Charge(kNow - 1'000'000, kNow, 4);
  EXPECT_EQ(kFive.Available(tat, kNow), 1);
  tat = kFive.Charge(tat, kNow, 5);
  EXPECT_EQ(kFive.Available(tat, kNow), -4);
  EXPECT_EQ(kFive.TimeUntil(tat, kNow), 100'000);
  EXPECT_EQ(kFive.Available(tat, kNow + 100'000), 1);
}

TEST(Gcra, AnIdleBucketNeverHoldsMoreThanItsBurst) {
  EXPECT_EQ(kFive.Available(kFive.Charge(kNow, kNow), kNow + kMax / 2), 5);
}

TEST(Gcra, GivingBackFillsABucketAndNoFurther) {
  int64_t tat = kFive.Charge(kNow, kNow, 5);
  tat = kFive.GiveBack(tat);
  EXPECT_EQ(kFive.Available(tat, kNow), 1);
  tat = kFive.GiveBack(tat, 10);
  EXPECT_EQ(kFive.Available(tat, kNow), 5);
  EXPECT_EQ(kFive.Available(kFive.Charge(tat, kNow), kNow), 4);
  EXPECT_EQ(kFive.Available(kFive.GiveBack(kMin), kNow), 5);
}

TEST(Gcra, CutBoundsTheEffectOfAClockAhead) {
  const int64_t ahead = kFive.Charge(kNow, kNow + 315'360'000'000);
  EXPECT_EQ(kFive.Available(kFive.Cut(ahead, kNow), kNow), 0);
  EXPECT_EQ(kFive.Available(kFive.Cut(ahead, kNow, 4), kNow), -4);
  EXPECT_EQ(kFive.Cut(kNow + 7, kNow), kNow + 7);
}

TEST(Gcra, AbsurdNumbersSaturate) {
  const Gcra year_by_one(31'536'000'000'000'000, 1);
  EXPECT_EQ(year_by_one.TimeUntil(year_by_one.Charge(0, 0), 0), 31'536'000'000'000'000);
  EXPECT_EQ(Gcra(kMax, kMax).Available(kMin, kMax), kMax);
  EXPECT_EQ(Gcra(kMax, kMax).Charge(kMax, kMax, kMax), kMax);
  EXPECT_EQ(Gcra(kMax, 1).Cut(kMax, kMax, kMax), kMax);
  EXPECT_EQ(Gcra(1, 1).TimeUntil(kMax, kMin), kMax);
  EXPECT_EQ(Gcra(1, 1).Available(kMax, kMin), kMin);
}

// Whoever takes what is there, at whatever times, never gets more than burst + elapsed / interval.
TEST(Gcra, NeverGrantsMoreThanItsRate) {
  constexpr uint32_t kSeed = 20240611;
  SCOPED_TRACE(kSeed);
  std::mt19937 engine(kSeed);
  const auto random = [&engine] { return static_cast<int64_t>(engine()); };
  for (int round = 0; round < 200; ++round) {
    const Gcra gcra(1 + random() % 1000, 1 + random() % 20);
    const int64_t interval = gcra.Charge(0, 0);
    const int64_t burst = gcra.Available(0, 0);
    int64_t tat = 0;
    int64_t granted = 0;
    int64_t now = 1;
    for (int i = 0; i < 500; ++i) {
      now += random() % 700;
      if (gcra.TimeUntil(tat, now) > 0) continue;
      tat = gcra.Charge(tat, now);
      ++granted;
      ASSERT_LE(granted, burst + now / interval);
    }
  }
}

}  // namespace
}  // namespace twofold
