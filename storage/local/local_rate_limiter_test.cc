#include "storage/local/local_rate_limiter.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "gtest/gtest.h"
#include "tests/conformance/rate_limiter_conformance.h"
#include "tests/fakes/fake_clock.h"

namespace twofold {
namespace {

// Delivers one byte over and over: which names meet is then the same in every run.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(uint8_t byte) : byte_(byte) {}
  void Fill(absl::Span<uint8_t> out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  const uint8_t byte_;
};

class LocalHarness final : public RateLimiterHarness {
 public:
  RateLimiter& limiter() override { return *limiter_; }
  void Advance(absl::Duration by) override { clock_.Advance(absl::ToInt64Milliseconds(by)); }

 private:
  FakeClock clock_;
  ConstantRandom random_{1};
  const std::unique_ptr<RateLimiter> limiter_ = NewLocalRateLimiter(clock_, random_);
};

std::unique_ptr<RateLimiterHarness> NewLocalHarness() { return std::make_unique<LocalHarness>(); }

INSTANTIATE_TEST_SUITE_P(Local, RateLimiterConformance, ::testing::Values(&NewLocalHarness));

RateLimit Limit(int64_t attempts, absl::Duration window) {
  RateLimit limit;
  limit.attempts = attempts;
  limit.window = window;
  return limit;
}

bool Allowed(RateLimiter& limiter, const std::string& bucket, int64_t attempts) {
  return SyncWait(limiter.Acquire({{bucket, Limit(attempts, absl::Seconds(100))}})).value().allowed;
}

TEST(LocalRateLimiter, L8_NamesThatMeetShareABucketAndNoneIsEvicted) {
  FakeClock clock;
  ConstantRandom random(1);
  const auto limiter = NewLocalRateLimiter(clock, random, 1);
  int allowed = 0;
  for (int i = 0; i < 1000; ++i) allowed += Allowed(*limiter, absl::StrCat("user", i), 5) ? 1 : 0;
  EXPECT_EQ(allowed, 5);
}

TEST(LocalRateLimiter, AFullTableNeverForgetsAnAttempt) {
  FakeClock clock;
  ConstantRandom random(1);
  const auto limiter = NewLocalRateLimiter(clock, random, 256);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Allowed(*limiter, "victim", 5));
  for (int i = 0; i < 100'000; ++i) Allowed(*limiter, absl::StrCat("noise", i), 5);
  EXPECT_FALSE(Allowed(*limiter, "victim", 5));
}

TEST(LocalRateLimiter, T48_ABucketOfADayMeetsNoLogin) {
  FakeClock clock;
  ConstantRandom random(1);
  const auto limiter = NewLocalRateLimiter(clock, random, 1);
  const std::vector<Bucket> day = {{"sends", Limit(10, absl::Hours(24))}};
  while (SyncWait(limiter->Acquire(day)).value().allowed) {
  }
  EXPECT_TRUE(Allowed(*limiter, "victim", 5));
}

TEST(LocalRateLimiter, NamesOfOneCallThatMeetAreBothCounted) {
  FakeClock clock;
  ConstantRandom random(1);
  const auto limiter = NewLocalRateLimiter(clock, random, 1);
  const RateLimit five = Limit(5, absl::Seconds(100));
  const auto both = [&] {
    return SyncWait(limiter->Acquire({{"one", five}, {"two", five}})).value().allowed;
  };
  EXPECT_TRUE(both());
  EXPECT_TRUE(both());
  EXPECT_FALSE(both());
  EXPECT_TRUE(Allowed(*limiter, "three", 5)) << "the refused call took something";
  EXPECT_FALSE(Allowed(*limiter, "three", 5));
}

// The names that meet "victim" in a table of 64, under one key of the hash.
std::set<int> Neighbours(uint8_t key) {
  std::set<int> neighbours;
  for (int i = 0; i < 2000; ++i) {
    FakeClock clock;
    ConstantRandom random(key);
    const auto limiter = NewLocalRateLimiter(clock, random, 64);
    Allowed(*limiter, "victim", 1);
    if (!Allowed(*limiter, absl::StrCat("user", i), 1)) neighbours.insert(i);
  }
  return neighbours;
}

TEST(LocalRateLimiter, TheKeyDecidesWhichNamesMeet) {
  const std::set<int> under_one = Neighbours(1);
  EXPECT_GT(under_one.size(), 10U);
  EXPECT_LT(under_one.size(), 80U);
  EXPECT_EQ(under_one, Neighbours(1));
  EXPECT_NE(under_one, Neighbours(2));
}

TEST(LocalRateLimiter, AClockAtTheEndsOfTimeDoesNotOverflow) {
  FakeClock clock(std::numeric_limits<int64_t>::min());
  ConstantRandom random(1);
  const auto limiter = NewLocalRateLimiter(clock, random, 1);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Allowed(*limiter, "b", 5));
  clock.Set(std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(Allowed(*limiter, "b", 5));
  clock.Set(std::numeric_limits<int64_t>::min());
  clock.Set(std::numeric_limits<int64_t>::max());
  Allowed(*limiter, "b", 5);
}

}  // namespace
}  // namespace twofold
