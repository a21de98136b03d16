#ifndef TWOFOLD_TESTS_CONFORMANCE_RATE_LIMITER_CONFORMANCE_H_
#define TWOFOLD_TESTS_CONFORMANCE_RATE_LIMITER_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/rate_limiter.h"

namespace twofold {

// A limiter under test, on a clock that the test moves.
class RateLimiterHarness {
 public:
  virtual ~RateLimiterHarness() = default;

  // It lives as long as the harness.
  virtual RateLimiter& limiter() = 0;
  // Moves the limiter's time, also back.
  virtual void Advance(absl::Duration by) = 0;
};

// Makes a limiter with full buckets.
using RateLimiterHarnessFactory = std::function<std::unique_ptr<RateLimiterHarness>()>;

// Tests every sentence of rate_limiter.h. A backend instantiates the suite with its factory:
//   INSTANTIATE_TEST_SUITE_P(Local, RateLimiterConformance, ::testing::Values(&NewLocalHarness));
class RateLimiterConformance : public ::testing::TestWithParam<RateLimiterHarnessFactory> {
 protected:
  RateLimiterConformance();

  AcquireResult Acquire(const std::string& bucket, const RateLimit& limit);
  AcquireResult Acquire(std::vector<Bucket> buckets);
  void GiveBack(std::vector<Bucket> buckets);
  void Fill(std::vector<Bucket> buckets);
  // The number of `tries` attempts in a row that were allowed.
  int64_t AllowedOf(int tries, const std::string& bucket, const RateLimit& limit);

  const std::unique_ptr<RateLimiterHarness> harness_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_CONFORMANCE_RATE_LIMITER_CONFORMANCE_H_
