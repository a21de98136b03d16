#ifndef TWOFOLD_TESTS_CONFORMANCE_METERED_READS_CONFORMANCE_H_
#define TWOFOLD_TESTS_CONFORMANCE_METERED_READS_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "storage/metered_reads.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// What the suite needs: a storage with metered reads and a limiter at the same place, on one clock.
class MeteredReadsHarness {
 public:
  virtual ~MeteredReadsHarness() = default;

  // Alive as long as the harness.
  virtual Storage& storage() = 0;
  virtual RateLimiter& limiter() = 0;
};

// An empty place.
using MeteredReadsHarnessFactory = std::function<std::unique_ptr<MeteredReadsHarness>()>;

// Every sentence of metered_reads.h as a test. A backend instantiates the suite with its factory, and
// RateLimiterConformance with a limiter that is its metered reads.
class MeteredReadsConformance : public ::testing::TestWithParam<MeteredReadsHarnessFactory> {
 protected:
  MeteredReadsConformance();

  MeteredRead AcquireAndGet(const std::string& key);
  bool Acquire();
  void Put(const std::string& key, const std::string& bytes, Version expected, Version next);

  const std::unique_ptr<MeteredReadsHarness> harness_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_CONFORMANCE_METERED_READS_CONFORMANCE_H_
