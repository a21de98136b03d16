#ifndef TWOFOLD_SERVER_READINESS_MONITOR_H_
#define TWOFOLD_SERVER_READINESS_MONITOR_H_

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

// The reports of the monitor. One thread at a time calls each of them.
struct MonitorReports {
  // Called every second and after each check. Says whether the server should be sent calls.
  std::function<void(bool ready)> ready;
  // Called when the time of day was set back. Debian's gRPC turns every time-out into a time of
  // day. A thread that waits in gRPC would now wait longer, and must be woken.
  std::function<void()> set_back;
};

// Monitors the server. Every second it checks that storage, limiter and audit log work and that the
// store is still the same one. It logs changes, and renews the lease on the store or ends it. A
// second thread, which waits for nothing outside the process, reports every second. It also reports
// while a check hangs and the lease runs out. All arguments must outlive the monitor. The
// destructor waits for a running check.
class ReadinessMonitor {
 public:
  ReadinessMonitor(Storage& storage, std::string store_id, StoreLease& lease, RateLimiter& limiter,
                   AuditLog& audit, Readiness& readiness, const Clock& clock, MonitorReports reports);
  // Ends the monitor. Blocks while a check runs.
  ~ReadinessMonitor();

  // Prevents further checks, and further steps of a running one. Thread-safe. Never blocks.
  void Stop();

 private:
  bool stopping() const;
  void CheckAll();
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
  const MonitorReports reports_;
  absl::Mutex report_mutex_;
  // How far the time of day was ahead of the steady clock. Used by the reporting thread only.
  absl::Duration ahead_;
  SteadyEvent stop_;
  std::thread checking_;
  std::thread reporting_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_READINESS_MONITOR_H_
