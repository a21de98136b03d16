#ifndef TWOFOLD_SERVER_READINESS_MONITOR_H_
#define TWOFOLD_SERVER_READINESS_MONITOR_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "common/clock.h"
#include "common/steady.h"
#include "crypto/key_ring.h"
#include "server/ops/audit.h"
#include "server/ops/readiness.h"
#include "server/store/lease.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// The functions that a monitor calls. Each is called from one thread at a time.
struct MonitorReports {
  // Called every second, and after each check. `ready`: the server should be sent calls.
  std::function<void(bool ready)> ready;
  // Called when the time of day was set back. Debian's gRPC turns every timeout into a time of day, so a
  // thread that waits in it would now wait longer and must be woken.
  std::function<void()> set_back;
  // Returns the key ring that calls use now.
  std::function<std::shared_ptr<const KeyRing>()> ring;
};

// Checks every second whether storage, limiter and audit log work, whether the store is still the same one,
// and whether the key ring opens its marker. It logs changes, and renews or ends the lease on the store. A
// second thread, which waits for nothing outside, reports every second, also while a check hangs and the
// lease expires. All arguments outlive the monitor. The constructor makes the first check.
class ReadinessMonitor {
 public:
  ReadinessMonitor(Storage& storage, std::string store_id, StoreLease& lease, RateLimiter& limiter,
                   AuditLog& audit, Readiness& readiness, const Clock& clock, MonitorReports reports);
  // Blocks until the check under way has ended.
  ~ReadinessMonitor();

  // Starts no further check, and no further step of the check under way. Any thread may call this. It never
  // blocks.
  void Stop();

 private:
  bool stopping() const;
  void CheckAll();
  void Report();
  void CompareClocks();
  absl::Status CheckLease();
  void CheckRing();
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
  // How far the time of day was ahead of the steady clock. Only the reporting thread uses it.
  absl::Duration ahead_;
  SteadyEvent stop_;
  std::thread checking_;
  std::thread reporting_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_READINESS_MONITOR_H_
