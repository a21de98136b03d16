#include "tests/conformance/rate_limiter_conformance.h"

#include <atomic>
#include <thread>
#include <vector>

#include "common/async.h"

namespace twofold {
namespace {

RateLimit Limit(int64_t attempts, absl::Duration window) {
  RateLimit limit;
  limit.attempts = attempts;
  limit.window = window;
  return limit;
}

const RateLimit kFive = Limit(5, absl::Seconds(100));

}  // namespace

RateLimiterConformance::RateLimiterConformance() : harness_(GetParam()()) {}

Admission RateLimiterConformance::Acquire(const std::string& bucket, const RateLimit& limit) {
  const absl::StatusOr<Admission> admission = BlockOn(harness_->limiter().Acquire(bucket, limit));
  EXPECT_TRUE(admission.ok()) << admission.status();
  return admission.value_or(Admission());
}

int64_t RateLimiterConformance::AllowedOf(int tries, const std::string& bucket, const RateLimit& limit) {
  int64_t allowed = 0;
  for (int i = 0; i < tries; ++i) allowed += Acquire(bucket, limit).allowed ? 1 : 0;
  return allowed;
}

TEST_P(RateLimiterConformance, AllowsTheBurstThenOnePerInterval) {
  EXPECT_EQ(AllowedOf(20, "b", kFive), 5);
  harness_->Advance(absl::Seconds(19));
  EXPECT_EQ(AllowedOf(1, "b", kFive), 0);
  harness_->Advance(absl::Seconds(1));
  EXPECT_EQ(AllowedOf(5, "b", kFive), 1);
  harness_->Advance(absl::Seconds(40));
  EXPECT_EQ(AllowedOf(5, "b", kFive), 2);
}

TEST_P(RateLimiterConformance, TellsWhenTheNextAttemptIsAllowed) {
  EXPECT_EQ(Acquire("b", kFive).retry_after, absl::ZeroDuration());
  EXPECT_EQ(AllowedOf(4, "b", kFive), 4);
  const Admission refused = Acquire("b", kFive);
  EXPECT_FALSE(refused.allowed);
  EXPECT_GT(refused.retry_after, absl::Seconds(19));
  EXPECT_LE(refused.retry_after, absl::Seconds(20));
  harness_->Advance(absl::Ceil(refused.retry_after, absl::Milliseconds(1)));
  EXPECT_TRUE(Acquire("b", kFive).allowed);
}

TEST_P(RateLimiterConformance, HammeringDoesNotLengthenTheWait) {
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  const absl::Duration first = Acquire("b", kFive).retry_after;
  EXPECT_EQ(AllowedOf(200, "b", kFive), 0);
  EXPECT_LE(Acquire("b", kFive).retry_after, first);
}

TEST_P(RateLimiterConformance, FillsUpAgainAndNoFurther) {
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  harness_->Advance(absl::Hours(24 * 365));
  EXPECT_EQ(AllowedOf(20, "b", kFive), 5);
}

TEST_P(RateLimiterConformance, BucketsAreIndependent) {
  EXPECT_EQ(AllowedOf(6, "tf1:{Ym9i}:l", kFive), 5);
  EXPECT_EQ(AllowedOf(6, "tf1:{Ym9i}:r", kFive), 5);
  EXPECT_EQ(AllowedOf(6, "tf1:a:{2001:db8::}", kFive), 5);
  EXPECT_EQ(AllowedOf(6, std::string("\0\xff*\n", 4), kFive), 5);
  EXPECT_EQ(AllowedOf(6, std::string("\0\xff*", 3), kFive), 5);
  EXPECT_EQ(AllowedOf(6, "tf1:{Ym9i}:l", kFive), 0);
}

TEST_P(RateLimiterConformance, OneAttemptIsALimitToo) {
  const RateLimit one = Limit(1, absl::Seconds(10));
  EXPECT_EQ(AllowedOf(3, "b", one), 1);
  EXPECT_EQ(Acquire("b", one).retry_after, absl::Seconds(10));
  harness_->Advance(absl::Seconds(10));
  EXPECT_EQ(AllowedOf(3, "b", one), 1);
}

TEST_P(RateLimiterConformance, AWindowThatDoesNotDivideEvenly) {
  const RateLimit seven = Limit(7, absl::Seconds(100));
  EXPECT_EQ(AllowedOf(10, "b", seven), 7);
  harness_->Advance(absl::Seconds(101));
  EXPECT_EQ(AllowedOf(10, "b", seven), 7);
}

TEST_P(RateLimiterConformance, AbsurdLimitsNeitherOverflowNorRefuse) {
  EXPECT_EQ(AllowedOf(100, "many", Limit(1'000'000'000, absl::Hours(24 * 365))), 100);
  EXPECT_EQ(AllowedOf(100, "fast", Limit(1'000'000'000, absl::Seconds(1))), 100);
  EXPECT_EQ(AllowedOf(3, "slow", Limit(1, absl::Hours(24 * 365))), 1);
}

TEST_P(RateLimiterConformance, RefusesALimitThatIsNone) {
  const RateLimit limits[] = {Limit(0, absl::Seconds(1)), Limit(-5, absl::Seconds(1)),
                              Limit(5, absl::ZeroDuration()), Limit(5, absl::Seconds(-1))};
  for (const RateLimit& limit : limits) {
    EXPECT_EQ(BlockOn(harness_->limiter().Acquire("b", limit)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_P(RateLimiterConformance, T25AClockThatStepsBackGrantsNothing) {
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  for (int i = 0; i < 10; ++i) {
    harness_->Advance(absl::Minutes(-10));
    EXPECT_EQ(AllowedOf(5, "b", kFive), 0);
  }
}

TEST_P(RateLimiterConformance, T25AClockThatStepsBackLocksNoLongerThanTheWindow) {
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  harness_->Advance(absl::Hours(-24 * 3650));
  EXPECT_LE(Acquire("b", kFive).retry_after, kFive.window);
  harness_->Advance(kFive.window);
  EXPECT_TRUE(Acquire("b", kFive).allowed);
}

TEST_P(RateLimiterConformance, T25AClockThatWasAheadLeavesNoLock) {
  harness_->Advance(absl::Hours(24 * 3650));
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  harness_->Advance(absl::Hours(-24 * 3650));
  EXPECT_EQ(AllowedOf(5, "b", kFive), 0);
  harness_->Advance(kFive.window);
  EXPECT_TRUE(Acquire("b", kFive).allowed);
}

TEST_P(RateLimiterConformance, T12ParallelAttemptsShareTheLimit) {
  std::atomic<int64_t> allowed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { allowed += AllowedOf(50, "b", kFive); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 5);
}

TEST_P(RateLimiterConformance, IsReady) { EXPECT_TRUE(BlockOn(harness_->limiter().CheckReady()).ok()); }

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RateLimiterConformance);

}  // namespace twofold
