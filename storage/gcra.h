#ifndef TWOFOLD_STORAGE_GCRA_H_
#define TWOFOLD_STORAGE_GCRA_H_

#include <algorithm>
#include <cstdint>
#include <limits>

namespace twofold {

// The Generic Cell Rate Algorithm (ITU-T I.371 Annex A) as pure arithmetic. A bucket of `burst`
// units gets one unit back every `interval`. Its whole state is its theoretical arrival time (tat),
// the time at which it will be full again. A tat up to `now` means that it is full. All times are
// in the same unit, and every result saturates instead of overflowing.
class Gcra {
 public:
  // Both are positive.
  constexpr Gcra(int64_t interval, int64_t burst) : interval_(interval), burst_(burst) {}

  // The whole units that may be taken now. Negative when the bucket is in debt.
  constexpr int64_t Available(int64_t tat, int64_t now) const {
    const Wide room = Wide{interval_} * burst_ - Missing(tat, now);
    // Division rounds to zero, but half a unit of debt is debt.
    return Narrow(room < 0 ? -((-room + interval_ - 1) / interval_) : room / interval_);
  }

  // The time until `units` (1 to burst) may be taken, if none are taken before. 0 when they are
  // there.
  constexpr int64_t TimeUntil(int64_t tat, int64_t now, int64_t units = 1) const {
    const Wide wait = Missing(tat, now) - Wide{interval_} * (burst_ - units);
    return Narrow(std::max<Wide>(wait, 0));
  }

  // The tat after `units` were taken. Units that were not there become debt.
  constexpr int64_t Charge(int64_t tat, int64_t now, int64_t units = 1) const {
    return Narrow(Wide{std::max(tat, now)} + Wide{interval_} * units);
  }

  // The tat after `units` were given back. More than full counts as full.
  constexpr int64_t GiveBack(int64_t tat, int64_t units = 1) const {
    return Narrow(Wide{tat} - Wide{interval_} * units);
  }

  // `tat`, but at most that of a bucket that was emptied now and has `debt` units of debt. It
  // undoes the effect of a clock that was ahead.
  constexpr int64_t Cut(int64_t tat, int64_t now, int64_t debt = 0) const {
    return std::min(tat, Narrow(Wide{now} + Wide{interval_} * (Wide{burst_} + debt)));
  }

 private:
  __extension__ using Wide = __int128;

  static constexpr Wide Missing(int64_t tat, int64_t now) { return std::max<Wide>(Wide{tat} - now, 0); }

  static constexpr int64_t Narrow(Wide value) {
    constexpr Wide kMin = std::numeric_limits<int64_t>::min();
    constexpr Wide kMax = std::numeric_limits<int64_t>::max();
    return static_cast<int64_t>(std::clamp(value, kMin, kMax));
  }

  int64_t interval_;
  int64_t burst_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_GCRA_H_
