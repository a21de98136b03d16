#ifndef TWOFOLD_TESTS_FAKES_FAKE_RATE_LIMITER_H_
#define TWOFOLD_TESTS_FAKES_FAKE_RATE_LIMITER_H_

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "storage/rate_limiter.h"
#include "tests/fakes/delay_thread.h"

namespace twofold {

// Allows everything, for tests of another mechanism. Counts its calls.
class UnlimitedRateLimiter final : public RateLimiter {
 public:
  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket>) override {
    ++acquired_;
    AcquireResult acquired;
    acquired.allowed = true;
    co_return acquired;
  }
  Task<absl::Status> GiveBack(std::vector<Bucket>) override { co_return absl::OkStatus(); }
  Task<absl::Status> Fill(std::vector<Bucket>) override { co_return absl::OkStatus(); }
  Task<absl::Status> CheckReady() override { co_return absl::OkStatus(); }

  int64_t acquired() const { return acquired_.load(); }

 private:
  std::atomic<int64_t> acquired_{0};
};

// Refuses everything, as if an attacker kept a bucket empty.
class ExhaustedRateLimiter final : public RateLimiter {
 public:
  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket>) override {
    AcquireResult acquired;
    acquired.retry_after = absl::Seconds(20);
    co_return acquired;
  }
  Task<absl::Status> GiveBack(std::vector<Bucket>) override { co_return absl::OkStatus(); }
  Task<absl::Status> Fill(std::vector<Bucket>) override { co_return absl::OkStatus(); }
  Task<absl::Status> CheckReady() override { co_return absl::OkStatus(); }
};

// A limiter that a test can take down and slow down while it is in use. `base` must outlive it.
class FaultyRateLimiter final : public RateLimiter {
 public:
  // Each answer comes `delay` after it was decided.
  explicit FaultyRateLimiter(RateLimiter& base, absl::Duration delay = absl::ZeroDuration())
      : base_(base), delay_(delay) {}

  // While the limiter is down, every call is UNAVAILABLE and no bucket changes.
  void SetDown(bool down) { down_ = down; }

  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets) override {
    if (down_) co_return absl::UnavailableError("the limiter is down");
    auto acquired = co_await base_.Acquire(std::move(buckets));
    if (delay_ > absl::ZeroDuration()) co_await thread_.Sleep(delay_);
    co_return acquired;
  }

  Task<absl::Status> GiveBack(std::vector<Bucket> buckets) override {
    if (down_) co_return absl::UnavailableError("the limiter is down");
    co_return co_await base_.GiveBack(std::move(buckets));
  }

  Task<absl::Status> Fill(std::vector<Bucket> buckets) override {
    if (down_) co_return absl::UnavailableError("the limiter is down");
    co_return co_await base_.Fill(std::move(buckets));
  }

  Task<absl::Status> CheckReady() override {
    if (down_) co_return absl::UnavailableError("the limiter is down");
    co_return co_await base_.CheckReady();
  }

 private:
  RateLimiter& base_;
  const absl::Duration delay_;
  std::atomic<bool> down_{false};
  DelayThread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_FAKE_RATE_LIMITER_H_
