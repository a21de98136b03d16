#ifndef TWOFOLD_COMMON_CLOCK_H_
#define TWOFOLD_COMMON_CLOCK_H_

#include <cstdint>

namespace twofold {

// A point in time, in milliseconds since the Unix epoch. Stored records hold the same number.
using UnixMillis = int64_t;

inline constexpr int64_t kMillisPerSecond = 1000;
inline constexpr int64_t kMillisPerDay = kMillisPerSecond * 60 * 60 * 24;

// The time of day. Implementations are thread-safe. Rules never hold a Clock. They are given `now`,
// which the engine reads once per call.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis Now() const = 0;
};

// The system's clock. It lives for the whole process.
const Clock& SystemClock();

}  // namespace twofold

#endif  // TWOFOLD_COMMON_CLOCK_H_
