#ifndef TWOFOLD_SERVER_WATCH_H_
#define TWOFOLD_SERVER_WATCH_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/engine/store_lease.h"
#include "server/ops/audit.h"
#include "server/ops/readiness.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// Looks every second whether storage, limiter and audit log work and the store is still the same one, logs
// what changes, renews the lease on the store or ends it, and tells `report` whether the server should be
// sent calls. Has a thread of its own; everything given to it outlives it.
class Watch {
 public:
  Watch(Storage& storage, std::string store_id, StoreLease& lease, RateLimiter& limiter, AuditLog& audit,
        Readiness& readiness, std::function<void(bool)> report);
  // Ends it. Blocks while it looks.
  ~Watch();

  // No further look, and no further step of one that is under way. Any thread; never blocks.
  void Stop();

 private:
  bool stopping();
  void Look();
  void Run();
  absl::Status CheckLease();
  void Note(absl::string_view condition, const absl::Status& status);

  Storage& storage_;
  const std::string store_id_;
  StoreLease& lease_;
  RateLimiter& limiter_;
  AuditLog& audit_;
  Readiness& readiness_;
  const std::function<void(bool)> report_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_WATCH_H_
