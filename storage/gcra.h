#ifndef TWOFOLD_STORAGE_GCRA_H_
#define TWOFOLD_STORAGE_GCRA_H_

#include <algorithm>
#include <cstdint>
#include <limits>

namespace twofold {

// The Generic Cell Rate Algorithm (ITU-T I.371 Annex A) as pure arithmetic: a bucket of `burst` units that
// get back one every `interval`. All there is to remember of a bucket is its theoretical arrival time (tat),
// the time at which it will be full again; anything up to `now` means full. Times are in any one unit, and
// everything saturates instead of overflowing.
class Gcra {
 public:
  // Both positive.
  constexpr Gcra(int64_t interval, int64_t burst) : interval_(interval), burst_(burst) {}

  // Whole units that may be taken now; negative when the bucket is in debt.
  constexpr int64_t Available(int64_t tat, int64_t now) const {
    const Wide room = Wide{interval_} * burst_ - Missing(tat, now);
    // Division rounds to zero, but half a unit of debt is debt.
    return Narrow(room < 0 ? -((-room + interval_ - 1) / interval_) : room / interval_);
  }

  // How long until `units` (1 to burst) may be taken, if nobody takes any before; 0 when they are there.
  constexpr int64_t TimeUntil(int64_t tat, int64_t now, int64_t units = 1) const {
    const Wide wait = Missing(tat, now) - Wide{interval_} * (burst_ - units);
    return Narrow(std::max<Wide>(wait, 0));
  }

  // The tat after `units` were taken, whether or not they were there: what is missing becomes debt.
  constexpr int64_t Charge(int64_t tat, int64_t now, int64_t units = 1) const {
    return Narrow(Wide{std::max(tat, now)} + Wide{interval_} * units);
  }

  // The tat after `units` were given back. What is more than full counts as full.
  constexpr int64_t GiveBack(int64_t tat, int64_t units = 1) const {
    return Narrow(Wide{tat} - Wide{interval_} * units);
  }

  // `tat` cut to what a bucket emptied just now could have, plus `debt` units: undoes what a clock that was
  // ahead has left behind.
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
