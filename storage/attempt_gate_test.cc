#include "storage/attempt_gate.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/async.h"
#include "storage/local/local_rate_limiter.h"
#include "storage/memory/memory_storage.h"
#include "tests/conformance/attempt_gate_conformance.h"
#include "tests/conformance/rate_limiter_conformance.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_rate_limiter.h"
#include "tests/fakes/faulty_storage.h"
#include "tests/fakes/hooked_storage.h"

namespace twofold {
namespace {

class ConstantRandom final : public Random {
 public:
  void Fill(absl::Span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{1}); }
};

Random& AnyRandom() {
  static ConstantRandom random;
  return random;
}

using NewGate = std::unique_ptr<AttemptGate> (*)(RateLimiter&, Storage&);

template <NewGate kNew>
class GateHarness final : public AttemptGateHarness, public RateLimiterHarness {
 public:
  static std::unique_ptr<GateHarness> New() { return std::make_unique<GateHarness>(); }
  Storage& storage() override { return *storage_; }
  // As both harnesses want it: it counts in the gate's buckets.
  RateLimiter& limiter() override { return gate_limiter_; }
  void Advance(absl::Duration by) override { clock_.Advance(absl::ToInt64Milliseconds(by)); }
  AttemptGate& gate() override { return *gate_; }

 private:
  FakeClock clock_;
  const std::unique_ptr<Storage> storage_ = NewMemoryStorage();
  const std::unique_ptr<RateLimiter> limiter_ = NewLocalRateLimiter(clock_, AnyRandom());
  const std::unique_ptr<AttemptGate> gate_ = kNew(*limiter_, *storage_);
  GateLimiter gate_limiter_{*gate_, *limiter_};
};

using ::testing::Values;

INSTANTIATE_TEST_SUITE_P(Sequential, AttemptGateConformance, Values(&GateHarness<NewSequentialGate>::New));
INSTANTIATE_TEST_SUITE_P(Sequential, RateLimiterConformance, Values(&GateHarness<NewSequentialGate>::New));
INSTANTIATE_TEST_SUITE_P(Concurrent, AttemptGateConformance, Values(&GateHarness<NewConcurrentGate>::New));
INSTANTIATE_TEST_SUITE_P(Concurrent, RateLimiterConformance, Values(&GateHarness<NewConcurrentGate>::New));

class AttemptGateTest : public ::testing::Test {
 protected:
  AttemptGateTest() {
    storage_.before_get = [this](const std::string&) { ++reads_; };
  }

  absl::StatusOr<GatedRead> Ask(NewGate gate, RateLimiter& limiter) {
    const std::vector<Bucket> buckets = {{"bucket", {1, absl::Seconds(100)}}};
    return SyncWait(gate(limiter, storage_)->AcquireAndGet(buckets, "key"));
  }

  const std::unique_ptr<Storage> memory_ = NewMemoryStorage();
  HookedStorage storage_{*memory_};
  int reads_ = 0;
};

TEST_F(AttemptGateTest, ASequentialGateDoesNotReadForARefusedAttempt) {
  ExhaustedRateLimiter limiter;
  EXPECT_FALSE(Ask(NewSequentialGate, limiter)->acquired.allowed);
  EXPECT_EQ(reads_, 0);
}

TEST_F(AttemptGateTest, AnUnavailableLimiterIsAnErrorAndReturnsNoRecord) {
  ASSERT_TRUE(SyncWait(memory_->Put("key", "record", kAbsent, 1)).ok());
  UnlimitedRateLimiter unlimited;
  FaultyRateLimiter limiter(unlimited);
  limiter.SetDown(true);
  EXPECT_TRUE(absl::IsUnavailable(Ask(NewSequentialGate, limiter).status()));
  EXPECT_EQ(reads_, 0);
  EXPECT_TRUE(absl::IsUnavailable(Ask(NewConcurrentGate, limiter).status()));
}

TEST_F(AttemptGateTest, AFailedReadIsTheRecordsErrorAndTheAttemptStaysCounted) {
  FakeClock clock;
  for (const NewGate gate : {&NewSequentialGate, &NewConcurrentGate}) {
    const std::unique_ptr<RateLimiter> limiter = NewLocalRateLimiter(clock, AnyRandom());
    FaultyStorage faulty(*memory_);
    faulty.SetDown(true);
    const std::vector<Bucket> buckets = {{"bucket", {1, absl::Seconds(100)}}};
    const auto asked = gate(*limiter, faulty);
    const absl::StatusOr<GatedRead> read = SyncWait(asked->AcquireAndGet(buckets, "key"));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(read->acquired.allowed);
    EXPECT_TRUE(absl::IsUnavailable(read->record.status()));
    EXPECT_FALSE(SyncWait(limiter->Acquire(buckets))->allowed);
  }
}

}  // namespace
}  // namespace twofold
