#include "tests/conformance/attempt_gate_conformance.h"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "common/async.h"
#include "storage/arguments.h"

namespace twofold {
namespace {

const RateLimit kFive = {5, absl::Seconds(100)};
constexpr char kBucket[] = "tf1:{Ym9i}:l";

}  // namespace

AttemptGateConformance::AttemptGateConformance() : harness_(GetParam()()) {}

GatedRead AttemptGateConformance::AcquireAndGet(const std::string& key) {
  absl::StatusOr<GatedRead> read = SyncWait(harness_->gate().AcquireAndGet({{kBucket, kFive}}, key));
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *std::move(read) : GatedRead();
}

bool AttemptGateConformance::Acquire() {
  const absl::StatusOr<AcquireResult> acquired = SyncWait(harness_->limiter().Acquire({{kBucket, kFive}}));
  EXPECT_TRUE(acquired.ok()) << acquired.status();
  return acquired.ok() && acquired->allowed;
}

void AttemptGateConformance::Put(const std::string& key, const std::string& bytes, Version expected,
                                 Version next) {
  EXPECT_TRUE(SyncWait(harness_->storage().Put(key, bytes, expected, next)).ok());
}

TEST_P(AttemptGateConformance, AnAllowedAttemptReturnsTheCurrentRecord) {
  // An empty record is one, too.
  const std::string contents[] = {"one", "", std::string("\0\r\n\xff", 4), "0"};
  Version version = kAbsent;
  for (const std::string& bytes : contents) {
    Put("bob", bytes, version, version + 7);
    version += 7;
    const GatedRead read = AcquireAndGet("bob");
    EXPECT_TRUE(read.acquired.allowed);
    EXPECT_EQ(read.acquired.retry_after, absl::ZeroDuration());
    ASSERT_TRUE(read.record.ok()) << read.record.status();
    EXPECT_EQ(read.record->bytes, bytes);
    EXPECT_EQ(read.record->version, version);
  }
}

TEST_P(AttemptGateConformance, AnAttemptOnAnUnknownKeyIsCounted) {
  for (int i = 0; i < 5; ++i) {
    const GatedRead read = AcquireAndGet("nobody");
    EXPECT_TRUE(read.acquired.allowed);
    EXPECT_TRUE(absl::IsNotFound(read.record.status())) << read.record.status();
  }
  EXPECT_FALSE(AcquireAndGet("nobody").acquired.allowed);
}

TEST_P(AttemptGateConformance, ARefusedAttemptReturnsNoRecord) {
  Put("bob", "secret", kAbsent, 1);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(AcquireAndGet("bob").acquired.allowed);
  for (int i = 0; i < 20; ++i) {
    const GatedRead read = AcquireAndGet("bob");
    EXPECT_FALSE(read.acquired.allowed);
    EXPECT_GT(read.acquired.retry_after, absl::Seconds(19));
    EXPECT_LE(read.acquired.retry_after, absl::Seconds(20));
    EXPECT_FALSE(read.record.ok());
  }
}

TEST_P(AttemptGateConformance, OneOfSeveralBucketsRefusesForAll) {
  Put("bob", "secret", kAbsent, 1);
  const std::vector<Bucket> both = {{kBucket, kFive}, {"tf1:a:{192.0.2.1}", {2, absl::Seconds(100)}}};
  int allowed = 0;
  for (int i = 0; i < 20; ++i) {
    const absl::StatusOr<GatedRead> read = SyncWait(harness_->gate().AcquireAndGet(both, "bob"));
    ASSERT_TRUE(read.ok()) << read.status();
    allowed += read->acquired.allowed ? 1 : 0;
    EXPECT_EQ(read->record.ok(), read->acquired.allowed);
  }
  EXPECT_EQ(allowed, 2);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(AcquireAndGet("bob").acquired.allowed);
  EXPECT_FALSE(AcquireAndGet("bob").acquired.allowed);
}

TEST_P(AttemptGateConformance, TheLimiterSharesTheBuckets) {
  Put("bob", "record", kAbsent, 1);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Acquire());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(AcquireAndGet("bob").acquired.allowed);
  EXPECT_FALSE(Acquire());
  EXPECT_FALSE(AcquireAndGet("bob").acquired.allowed);
}

TEST_P(AttemptGateConformance, AMalformedAttemptIsNotCounted) {
  Put("bob", "record", kAbsent, 1);
  for (const std::string& key : {std::string(), std::string(kMaxKeyBytes + 1, 'k')}) {
    auto flow = harness_->gate().AcquireAndGet({{kBucket, kFive}}, key);
    EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(std::move(flow)).status()));
  }
  for (const RateLimit& limit : {RateLimit{0, absl::Seconds(1)}, RateLimit{5, absl::ZeroDuration()}}) {
    auto flow = harness_->gate().AcquireAndGet({{kBucket, limit}}, "bob");
    EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(std::move(flow)).status()));
  }
  auto none = harness_->gate().AcquireAndGet({}, "bob");
  EXPECT_TRUE(absl::IsInvalidArgument(SyncWait(std::move(none)).status()));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(AcquireAndGet("bob").acquired.allowed);
}

TEST_P(AttemptGateConformance, T12_ParallelAttemptsShareTheLimitAndOnlyTheyRead) {
  Put("bob", "record", kAbsent, 1);
  std::atomic<int> allowed{0};
  std::atomic<int> records{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int attempt = 0; attempt < 30; ++attempt) {
        const GatedRead read = AcquireAndGet("bob");
        allowed += read.acquired.allowed ? 1 : 0;
        records += read.record.ok() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 5);
  EXPECT_EQ(records, 5);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AttemptGateConformance);

}  // namespace twofold
