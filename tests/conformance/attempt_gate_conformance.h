#ifndef TWOFOLD_TESTS_CONFORMANCE_ATTEMPT_GATE_CONFORMANCE_H_
#define TWOFOLD_TESTS_CONFORMANCE_ATTEMPT_GATE_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/attempt_gate.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// What the suite needs: a gate, its storage, and its limiter or another that counts in the same
// buckets.
class AttemptGateHarness {
 public:
  virtual ~AttemptGateHarness() = default;

  // They live as long as the harness.
  virtual Storage& storage() = 0;
  virtual RateLimiter& limiter() = 0;
  virtual AttemptGate& gate() = 0;
};

// Makes an empty storage with full buckets.
using AttemptGateHarnessFactory = std::function<std::unique_ptr<AttemptGateHarness>()>;

// Tests every sentence of attempt_gate.h. Each implementation instantiates the suite with its
// factory. It also instantiates RateLimiterConformance with a GateLimiter.
class AttemptGateConformance : public ::testing::TestWithParam<AttemptGateHarnessFactory> {
 protected:
  AttemptGateConformance();

  GatedRead AcquireAndGet(const std::string& key);
  bool Acquire();
  void Put(const std::string& key, const std::string& bytes, Version expected, Version next);

  const std::unique_ptr<AttemptGateHarness> harness_;
};

// A limiter whose Acquire asks a gate for a key that does not exist. `limiter` is the gate's own.
// Both outlive it.
class GateLimiter final : public RateLimiter {
 public:
  GateLimiter(AttemptGate& gate, RateLimiter& limiter) : gate_(gate), limiter_(limiter) {}

  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets) override {
    const absl::StatusOr<GatedRead> read = co_await gate_.AcquireAndGet(std::move(buckets), "key");
    if (!read.ok()) co_return read.status();
    co_return read->acquired;
  }
  Task<absl::Status> GiveBack(std::vector<Bucket> buckets) override {
    return limiter_.GiveBack(std::move(buckets));
  }
  Task<absl::Status> Fill(std::vector<Bucket> buckets) override { return limiter_.Fill(std::move(buckets)); }
  Task<absl::Status> CheckReady() override { return limiter_.CheckReady(); }

 private:
  AttemptGate& gate_;
  RateLimiter& limiter_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_CONFORMANCE_ATTEMPT_GATE_CONFORMANCE_H_
