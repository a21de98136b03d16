#include "server/readiness_monitor.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "common/async.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/marker.h"
#include "storage/memory/memory_storage.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_rate_limiter.h"
#include "tests/fakes/forwarding_storage.h"
#include "tests/harness/tool.h"
#include "tests/harness/wall_clock.h"

namespace twofold {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(20);

template <typename Condition>
bool Eventually(Condition condition) {
  const SteadyTime limit = SteadyAfter(kLimit);
  while (!condition()) {
    if (SteadyNow() >= limit) return false;
    SteadySleep(absl::Milliseconds(5));
  }
  return true;
}

// CheckReady hangs after Hang, until Release.
class HangingStorage final : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  ~HangingStorage() override { Release(); }

  void Hang() { hanging_ = true; }
  void Release() { released_.Set(); }
  bool hangs() const { return hangs_; }

  Task<absl::Status> CheckReady() override {
    if (hanging_) {
      hangs_ = true;
      released_.WaitFor(absl::InfiniteDuration());
    }
    co_return absl::OkStatus();
  }

 private:
  std::atomic<bool> hanging_{false};
  std::atomic<bool> hangs_{false};
  SteadyEvent released_;
};

class ReadinessMonitorTest : public testing::Test {
 protected:
  ReadinessMonitorTest() {
    EXPECT_TRUE(CreateKeyRingFile(folder_.File("ring"), SystemRandom(), clock_).ok());
    ring_ = *LoadKeyRingFile(folder_.File("ring"));
    store_id_ = SyncWait(OpenStore(storage_, *ring_, clock_, SystemRandom()))->store_id;
    audit_settings_.destination = "none";
    audit_ = *OpenAuditLog(audit_settings_, clock_);
    readiness_.AlsoAsk(
        "storage", [this] { return lease_.Holds() ? absl::OkStatus() : absl::UnavailableError("not seen"); });
  }

  std::unique_ptr<ReadinessMonitor> NewMonitor() {
    return std::make_unique<ReadinessMonitor>(
        storage_, store_id_, lease_, limiter_, *audit_, readiness_, SystemClock(),
        MonitorReports{[this](bool ready) { reported_ = ready; }, [this] { ++set_back_; },
                       [this] { return ring_; }});
  }

  TempFolder folder_;
  FakeClock clock_;
  const std::unique_ptr<Storage> memory_ = NewMemoryStorage();
  HangingStorage storage_{*memory_};
  std::shared_ptr<const KeyRing> ring_;
  std::string store_id_;
  UnlimitedRateLimiter limiter_;
  AuditSettings audit_settings_;
  std::unique_ptr<AuditLog> audit_;
  StoreLease lease_;
  Readiness readiness_{{"storage", "limiter", "audit"}};
  std::atomic<bool> reported_{false};
  std::atomic<int> set_back_{0};
};

TEST_F(ReadinessMonitorTest, T41_TheLeaseIsRenewedThoughTheClockIsSetBack) {
  const auto monitor = NewMonitor();
  EXPECT_TRUE(reported_);
  const auto renewed_since = [this](SteadyTime time) {
    return lease_.Holds(time + absl::ToChronoNanoseconds(kStoreLease));
  };
  // After the second check the monitor waits for the third.
  const SteadyTime begin = SteadyNow();
  ASSERT_TRUE(Eventually([&] { return renewed_since(begin); }));
  StepWallClock(-absl::Hours(1));
  const SteadyTime stepped = SteadyNow();
  EXPECT_TRUE(Eventually([&] { return renewed_since(stepped); }));
  EXPECT_TRUE(Eventually([this] { return set_back_ == 1; })) << "and threads that wait in gRPC are woken";
  StepWallClock(absl::Hours(1));
}

TEST_F(ReadinessMonitorTest, AKeyRingThatLacksTheKeyOfTheMarkerIsNotReady) {
  EXPECT_TRUE(CreateKeyRingFile(folder_.File("other"), SystemRandom(), clock_).ok());
  ring_ = *LoadKeyRingFile(folder_.File("other"));
  const auto monitor = NewMonitor();
  EXPECT_FALSE(reported_);
  EXPECT_FALSE(readiness_.Holds("key ring"));
  EXPECT_TRUE(readiness_.Holds("storage"));
}

TEST_F(ReadinessMonitorTest, T41_ACheckThatHangsIsReported) {
  const auto monitor = NewMonitor();
  storage_.Hang();
  ASSERT_TRUE(Eventually([this] { return storage_.hangs(); }));
  // This is the state ten seconds later.
  lease_.Renew(SteadyNow() - absl::ToChronoNanoseconds(kStoreLease));
  EXPECT_EQ(readiness_.Check(), absl::UnavailableError("storage: not seen"))
      << "a caller that asks is told at once";
  EXPECT_TRUE(Eventually([this] { return !reported_; })) << "and the report comes within a second";
  storage_.Release();
  EXPECT_TRUE(Eventually([this] { return reported_.load(); }));
}

TEST(Waits, T41_EndOnTimeThoughTheClockIsSetBack) {
  const SteadyEvent never;
  InFlight busy;
  busy.Begin();
  const std::pair<const char*, std::function<void()>> kWaits[] = {
      {"an event", [&never] { EXPECT_FALSE(never.WaitFor(absl::Milliseconds(300))); }},
      {"work under way", [&busy] { EXPECT_FALSE(busy.WaitForNone(absl::Milliseconds(300))); }},
      {"a while", [] { SteadySleep(absl::Milliseconds(300)); }},
  };
  for (const auto& [name, wait] : kWaits) {
    const SteadyTime begin = SteadyNow();
    SteadyEvent over;
    std::thread waiting([&over, &wait = wait] {
      wait();
      over.Set();
    });
    SteadySleep(absl::Milliseconds(100));
    StepWallClock(-absl::Hours(1));
    EXPECT_TRUE(over.WaitFor(kLimit)) << name;
    EXPECT_GE(TimeSince(begin), absl::Milliseconds(300)) << name;
    StepWallClock(absl::Hours(1));
    waiting.join();
  }
  busy.End();
}

}  // namespace
}  // namespace twofold
