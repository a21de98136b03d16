#ifndef TWOFOLD_SERVER_STORE_LEASE_H_
#define TWOFOLD_SERVER_STORE_LEASE_H_

#include <atomic>
#include <chrono>
#include <cstdint>

#include "absl/time/time.h"

namespace twofold {

// How long a look at the store's marker counts.
inline constexpr absl::Duration kStoreLease = absl::Seconds(10);
// How long after the marker was changed no server writes any more: the lease, and time for a write that was
// under way at its end.
inline constexpr absl::Duration kStoreQuiet = absl::Seconds(15);

// Whether this server may serve from its store. Other processes may migrate a shared store away. They change
// its marker, wait for kStoreQuiet, and then rely on nobody writing. So a server that has not seen the right
// marker for kStoreLease answers nothing from the store, even if it is only its own look that hangs.
// Thread-safe; time is the monotonic clock's, which no administrator sets.
class StoreLease {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The marker was seen by a look that began at `began`.
  void Renew(Time began) { until_.store(Ticks(began) + absl::ToInt64Nanoseconds(kStoreLease)); }
  // The marker says that the store must not be served.
  void End() { until_.store(INT64_MIN); }

  bool Holds(Time now = std::chrono::steady_clock::now()) const { return Ticks(now) < until_.load(); }

 private:
  static int64_t Ticks(Time time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  }

  std::atomic<int64_t> until_{INT64_MIN};
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_LEASE_H_
