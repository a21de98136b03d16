#ifndef TWOFOLD_COMMON_STEADY_H_
#define TWOFOLD_COMMON_STEADY_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

// Waits and durations on a clock that cannot be set, unlike the time of day (common/clock.h). All
// code that waits or measures time uses these functions. Debian's Abseil turns the timeouts of its
// mutexes into times of day, so they last longer when the system's clock is set back.

namespace twofold {

using SteadyTime = std::chrono::steady_clock::time_point;

inline SteadyTime SteadyNow() { return std::chrono::steady_clock::now(); }

// The time `duration` from now, but at most a century from now.
SteadyTime SteadyAfter(absl::Duration duration);

inline absl::Duration TimeSince(SteadyTime begin) { return absl::FromChrono(SteadyNow() - begin); }
inline absl::Duration TimeUntil(SteadyTime end) { return absl::FromChrono(end - SteadyNow()); }

void SteadySleep(absl::Duration duration);

// A flag that threads wait for. Thread-safe.
class SteadyEvent {
 public:
  void Set();
  void Clear();
  bool IsSet() const;

  // Blocks until the flag is set, at most for `timeout`. Returns whether it is set.
  bool WaitFor(absl::Duration timeout) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool set_ = false;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_STEADY_H_
