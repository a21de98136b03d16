#ifndef TWOFOLD_STORAGE_OPENED_STORAGE_H_
#define TWOFOLD_STORAGE_OPENED_STORAGE_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "common/task.h"
#include "storage/attempt_gate.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// Prepares a store for its first write. An empty function prepares nothing.
using PrepareStorage = std::function<Task<absl::Status>()>;

// A storage, and what only some backends offer beside it. A backend's factory returns it.
struct OpenedStorage {
  std::unique_ptr<Storage> storage;

  // Called before the first write to a new store, and after opening a store that is known to be the
  // right one. A backend that can lose part of its data writes sentinels, so that a later Get can
  // tell an erased part from one that never held anything. Repeating it costs one read. `storage`
  // outlives it.
  PrepareStorage prepare;

  // A limiter that keeps its buckets beside the records, and a gate that counts and reads there in
  // one step. Both are null where the backend cannot do that.
  std::unique_ptr<RateLimiter> limiter;
  std::unique_ptr<AttemptGate> gate;

  // Nothing else can write as long as `storage` exists. Otherwise, a caller that needs a quiet
  // store must wait until other servers have noticed that they must stop.
  bool excludes_others = false;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_OPENED_STORAGE_H_
