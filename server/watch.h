#ifndef TWOFOLD_SERVER_WATCH_H_
#define TWOFOLD_SERVER_WATCH_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "common/clock.h"
#include "common/steady.h"
#include "server/engine/store_lease.h"
#include "server/ops/audit.h"
#include "server/ops/readiness.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// What the watch tells, each from one thread at a time.
struct WatchReports {
  // Every second, and after each look: whether the server should be sent calls.
  std::function<void(bool ready)> ready;
  // The time of day was set back. Debian's gRPC makes a time of day of every time-out: a thread that waits in
  // it would now wait longer, and must be woken.
  std::function<void()> set_back;
};

// Looks every second whether storage, limiter and audit log work and the store is still the same one, logs
// what changes, and renews the lease on the store or ends it. A second thread, which waits for nothing
// outside, reports every second: also when a look hangs and the lease runs out meanwhile. Everything given to
// it outlives it; the destructor waits for the look that is under way.
class Watch {
 public:
  Watch(Storage& storage, std::string store_id, StoreLease& lease, RateLimiter& limiter, AuditLog& audit,
        Readiness& readiness, const Clock& clock, WatchReports reports);
  // Ends it. Blocks while it looks.
  ~Watch();

  // No further look, and no further step of one that is under way. Any thread; never blocks.
  void Stop();

 private:
  bool stopping() const;
  void Look();
  void Report();
  void CompareClocks();
  absl::Status CheckLease();
  void Note(absl::string_view condition, const absl::Status& status);

  Storage& storage_;
  const std::string store_id_;
  StoreLease& lease_;
  RateLimiter& limiter_;
  AuditLog& audit_;
  Readiness& readiness_;
  const Clock& clock_;
  const WatchReports reports_;
  absl::Mutex report_mutex_;
  // How far the time of day was ahead of the steady clock. Of the reporting thread.
  absl::Duration ahead_;
  SteadyEvent stop_;
  std::thread looking_;
  std::thread reporting_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_WATCH_H_
