#include "tests/conformance/rate_limiter_conformance.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

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

AcquireResult RateLimiterConformance::Acquire(const std::string& bucket, const RateLimit& limit) {
  return Acquire(std::vector<Bucket>{{bucket, limit}});
}

AcquireResult RateLimiterConformance::Acquire(std::vector<Bucket> buckets) {
  const absl::StatusOr<AcquireResult> acquired = SyncWait(harness_->limiter().Acquire(std::move(buckets)));
  EXPECT_TRUE(acquired.ok()) << acquired.status();
  return acquired.value_or(AcquireResult());
}

void RateLimiterConformance::GiveBack(std::vector<Bucket> buckets) {
  const absl::Status given = SyncWait(harness_->limiter().GiveBack(std::move(buckets)));
  EXPECT_TRUE(given.ok()) << given;
}

void RateLimiterConformance::Fill(std::vector<Bucket> buckets) {
  const absl::Status filled = SyncWait(harness_->limiter().Fill(std::move(buckets)));
  EXPECT_TRUE(filled.ok()) << filled;
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
  const AcquireResult refused = Acquire("b", kFive);
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

TEST_P(RateLimiterConformance, RefusesALimitThatIsNotPositive) {
  const RateLimit limits[] = {Limit(0, absl::Seconds(1)), Limit(-5, absl::Seconds(1)),
                              Limit(5, absl::ZeroDuration()), Limit(5, absl::Seconds(-1))};
  RateLimiter& limiter = harness_->limiter();
  for (const RateLimit& limit : limits) {
    EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(limiter.Acquire({{"b", limit}})).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(limiter.Acquire({{"a", kFive}, {"b", limit}})).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(limiter.GiveBack({{"b", limit}}))));
    EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(limiter.Fill({{"b", limit}}))));
  }
  EXPECT_EQ(AllowedOf(6, "a", kFive), 5);
}

TEST_P(RateLimiterConformance, RefusesACallWithoutABucket) {
  RateLimiter& limiter = harness_->limiter();
  EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(limiter.Acquire({})).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(limiter.GiveBack({}))));
  EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(limiter.Fill({}))));
}

TEST_P(RateLimiterConformance, T19_TakesFromAllBucketsOrFromNone) {
  const RateLimit two = Limit(2, absl::Seconds(100));
  const RateLimit ten = Limit(10, absl::Seconds(100));
  // Whichever comes first.
  for (const bool first : {true, false}) {
    const std::string small = first ? "tf1:{Ym9i}:l" : "tf1:{YW5u}:l";
    const std::string large = first ? "tf1:a:{192.0.2.1}" : "tf1:a:{192.0.2.2}";
    const std::string middle = first ? "tf1:{Ym9i}:w" : "tf1:{YW5u}:w";
    std::vector<Bucket> all = {{small, two}, {middle, kFive}, {large, ten}};
    if (!first) std::reverse(all.begin(), all.end());
    EXPECT_TRUE(Acquire(all).allowed);
    EXPECT_TRUE(Acquire(all).allowed);
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(Acquire(all).allowed);
    EXPECT_EQ(AllowedOf(20, large, ten), 8);
    EXPECT_EQ(AllowedOf(20, middle, kFive), 3);
  }
}

TEST_P(RateLimiterConformance, RetryAfterIsTheLongestWaitOfSeveralBuckets) {
  EXPECT_EQ(AllowedOf(5, "five", kFive), 5);
  const RateLimit two = Limit(2, absl::Seconds(100));
  EXPECT_EQ(AllowedOf(2, "two", two), 2);
  const AcquireResult refused = Acquire({{"five", kFive}, {"two", two}, {"fresh", kFive}});
  EXPECT_FALSE(refused.allowed);
  EXPECT_GT(refused.retry_after, absl::Seconds(49));
  EXPECT_LE(refused.retry_after, absl::Seconds(50));
  harness_->Advance(absl::Ceil(refused.retry_after, absl::Milliseconds(1)));
  EXPECT_TRUE(Acquire({{"five", kFive}, {"two", two}, {"fresh", kFive}}).allowed);
}

TEST_P(RateLimiterConformance, AnAttemptGivenBackMayBeTakenAgain) {
  EXPECT_EQ(AllowedOf(6, "b", kFive), 5);
  GiveBack({{"b", kFive}});
  EXPECT_EQ(AllowedOf(3, "b", kFive), 1);
  GiveBack({{"a", kFive}, {"b", kFive}});
  GiveBack({{"a", kFive}, {"b", kFive}});
  EXPECT_EQ(AllowedOf(5, "b", kFive), 2);
}

TEST_P(RateLimiterConformance, GivingBackNeverLeavesMoreThanTheLimit) {
  for (int i = 0; i < 10; ++i) GiveBack({{"fresh", kFive}});
  EXPECT_EQ(AllowedOf(20, "fresh", kFive), 5);
  EXPECT_EQ(AllowedOf(1, "used", kFive), 1);
  for (int i = 0; i < 10; ++i) GiveBack({{"used", kFive}});
  EXPECT_EQ(AllowedOf(20, "used", kFive), 5);
  harness_->Advance(absl::Seconds(20));
  EXPECT_EQ(AllowedOf(20, "used", kFive), 1);
}

TEST_P(RateLimiterConformance, FillingEndsTheWaitAndNoMore) {
  EXPECT_EQ(AllowedOf(6, "a", kFive), 5);
  EXPECT_EQ(AllowedOf(6, "other", kFive), 5);
  Fill({{"a", kFive}, {"b", kFive}});
  EXPECT_EQ(AllowedOf(20, "a", kFive), 5);
  EXPECT_EQ(AllowedOf(20, "b", kFive), 5);
  EXPECT_EQ(AllowedOf(1, "other", kFive), 0);
}

TEST_P(RateLimiterConformance, FillingEndsAWaitThatAClockAheadHasLeft) {
  harness_->Advance(absl::Hours(24 * 3650));
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  harness_->Advance(absl::Hours(-24 * 3650));
  Fill({{"b", kFive}});
  EXPECT_EQ(AllowedOf(20, "b", kFive), 5);
}

TEST_P(RateLimiterConformance, T25_AClockThatStepsBackGrantsNothing) {
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  for (int i = 0; i < 10; ++i) {
    harness_->Advance(absl::Minutes(-10));
    EXPECT_EQ(AllowedOf(5, "b", kFive), 0);
  }
}

TEST_P(RateLimiterConformance, T25_AClockThatStepsBackLocksNoLongerThanTheWindow) {
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  harness_->Advance(absl::Hours(-24 * 3650));
  EXPECT_LE(Acquire("b", kFive).retry_after, kFive.window);
  harness_->Advance(kFive.window);
  EXPECT_TRUE(Acquire("b", kFive).allowed);
}

TEST_P(RateLimiterConformance, T25_AClockThatWasAheadLeavesNoLock) {
  harness_->Advance(absl::Hours(24 * 3650));
  EXPECT_EQ(AllowedOf(5, "b", kFive), 5);
  harness_->Advance(absl::Hours(-24 * 3650));
  EXPECT_EQ(AllowedOf(5, "b", kFive), 0);
  harness_->Advance(kFive.window);
  EXPECT_TRUE(Acquire("b", kFive).allowed);
}

TEST_P(RateLimiterConformance, T12_ParallelAttemptsShareTheLimit) {
  std::atomic<int64_t> allowed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { allowed += AllowedOf(50, "b", kFive); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 5);
}

// However calls on several buckets meet, none allows more than its limit, and what was refused has
// cost nothing in the end.
TEST_P(RateLimiterConformance, T12_ParallelAttemptsOnSeveralBucketsShareEachLimit) {
  const RateLimit twenty = Limit(20, absl::Seconds(100));
  std::atomic<int64_t> allowed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const std::string subject = "tf1:{" + std::to_string(i % 2) + "}:l";
      for (int attempt = 0; attempt < 40; ++attempt) {
        allowed += Acquire({{subject, kFive}, {"tf1:a:{192.0.2.1}", twenty}}).allowed ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(allowed, 10);
  EXPECT_GE(allowed, 8) << "a bucket refused although another call had given back what it took";
  EXPECT_EQ(AllowedOf(30, "tf1:a:{192.0.2.1}", twenty), 20 - allowed);
}

TEST_P(RateLimiterConformance, IsReady) { EXPECT_TRUE(SyncWait(harness_->limiter().CheckReady()).ok()); }

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RateLimiterConformance);

}  // namespace twofold
