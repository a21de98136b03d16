#ifndef TWOFOLD_STORAGE_REDIS_BACKOFF_H_
#define TWOFOLD_STORAGE_REDIS_BACKOFF_H_

#include <algorithm>
#include <random>

#include "absl/time/time.h"

namespace twofold::redis {

// The delay before the next attempt to connect. There is none after a connection that worked. The
// delay then doubles with each attempt, less a random part, so that many servers do not reconnect
// at the same time.
class Backoff {
 public:
  static constexpr absl::Duration kFirst = absl::Milliseconds(20);
  static constexpr absl::Duration kLongest = absl::Seconds(1);

  explicit Backoff(uint32_t seed) : random_(seed) {}

  // A random time between half of the full delay and all of it.
  absl::Duration Next() {
    const absl::Duration full = next_;
    next_ = std::clamp(next_ * 2, kFirst, kLongest);
    return full * std::uniform_real_distribution<double>(0.5, 1)(random_);
  }

  void Reset() { next_ = absl::ZeroDuration(); }

 private:
  absl::Duration next_;
  std::minstd_rand random_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_BACKOFF_H_
