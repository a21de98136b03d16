#ifndef TWOFOLD_STORAGE_ATTEMPT_GATE_H_
#define TWOFOLD_STORAGE_ATTEMPT_GATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/task.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

struct GatedRead {
  AcquireResult acquired;
  // The result of Storage::Get if the attempt was allowed. CANCELLED otherwise.
  absl::StatusOr<VersionedBytes> record = absl::CancelledError("");
};

// Counts an attempt and reads the record that the attempt is about. A record is handed out only for
// an attempt that was counted and allowed. Threads and lifetime are as for Storage.
class AttemptGate {
 public:
  virtual ~AttemptGate() = default;

  // Takes one attempt from each of `buckets` as RateLimiter::Acquire does, and reads `key` as
  // Storage::Get does. A failed read does not give the attempt back.
  //
  // INVALID_ARGUMENT: the buckets or the key are outside their bounds, and nothing was counted. Any
  // other error means that it is not known whether the attempt was counted. The caller must then
  // refuse it.
  virtual Task<absl::StatusOr<GatedRead>> AcquireAndGet(std::vector<Bucket> buckets, std::string key) = 0;
};

// Asks the limiter first. A refused attempt costs no read. This suits a limiter that answers at
// once. Both arguments outlive the gate.
std::unique_ptr<AttemptGate> NewSequentialGate(RateLimiter& limiter, Storage& storage);

// Asks the limiter and the storage at the same time, which saves a round trip. The record of a
// refused attempt is thrown away. Both arguments outlive the gate.
std::unique_ptr<AttemptGate> NewConcurrentGate(RateLimiter& limiter, Storage& storage);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_ATTEMPT_GATE_H_
