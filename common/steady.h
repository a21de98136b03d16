#ifndef TWOFOLD_COMMON_STEADY_H_
#define TWOFOLD_COMMON_STEADY_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

// Time that passes, as opposed to the time of day (common/clock.h). Whoever waits, or measures how long
// something took, does it here: this clock cannot be set. Debian's Abseil turns the timeouts of its mutexes
// into times of day, so that they last longer by as much as the system's clock is set back.

namespace twofold {

using SteadyTime = std::chrono::steady_clock::time_point;

inline SteadyTime SteadyNow() { return std::chrono::steady_clock::now(); }

// `duration` from now; a century from now for everything that lies beyond.
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

  // Blocks until it is set, at most for `timeout`. Whether it is set.
  bool WaitFor(absl::Duration timeout) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool set_ = false;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_STEADY_H_
