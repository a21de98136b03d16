#include "common/steady.h"

#include <algorithm>
#include <thread>

namespace twofold {

SteadyTime SteadyAfter(absl::Duration duration) {
  constexpr absl::Duration kCentury = absl::Hours(24 * 365 * 100);
  return SteadyNow() + absl::ToChronoNanoseconds(std::clamp(duration, absl::ZeroDuration(), kCentury));
}

void SteadySleep(absl::Duration duration) { std::this_thread::sleep_until(SteadyAfter(duration)); }

void SteadyEvent::Set() {
  const std::lock_guard<std::mutex> lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

void SteadyEvent::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  set_ = false;
}

bool SteadyEvent::IsSet() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return set_;
}

// glibc waits on CLOCK_MONOTONIC for this clock (pthread_cond_clockwait).
bool SteadyEvent::WaitFor(absl::Duration timeout) const {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_until(lock, SteadyAfter(timeout), [this] { return set_; });
}

}  // namespace twofold
