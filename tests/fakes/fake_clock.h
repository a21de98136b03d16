#ifndef TWOFOLD_TESTS_FAKES_FAKE_CLOCK_H_
#define TWOFOLD_TESTS_FAKES_FAKE_CLOCK_H_

#include <atomic>

#include "common/clock.h"

namespace twofold {

// A clock that stands still until a test moves it, in either direction. Thread-safe.
class FakeClock final : public Clock {
 public:
  // 2023-11-14T22:13:20Z. It is not at the edge of a time step.
  static constexpr UnixMillis kStart = 1'700'000'000'000;

  explicit FakeClock(UnixMillis now = kStart) : now_(now) {}

  UnixMillis Now() const override { return now_.load(); }

  void Set(UnixMillis now) { now_.store(now); }
  void Advance(int64_t millis) { now_.fetch_add(millis); }

 private:
  std::atomic<UnixMillis> now_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_FAKE_CLOCK_H_
