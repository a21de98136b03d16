#ifndef TWOFOLD_STORAGE_METERED_READS_H_
#define TWOFOLD_STORAGE_METERED_READS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/task.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

struct MeteredRead {
  AcquireResult acquired;
  // As Storage::Get gives it, where the attempt was allowed; otherwise CANCELLED.
  absl::StatusOr<VersionedBytes> record = absl::CancelledError("");
};

// A limiter whose buckets a storage keeps beside its records, so that an attempt is counted and, if that
// admits it, the record is read, in one step.
class MeteredReads : public RateLimiter {
 public:
  // As RateLimiter::Acquire, in one step with it, and then Storage::Get. An error means that nobody knows
  // whether the attempt was counted.
  virtual Task<absl::StatusOr<MeteredRead>> AcquireAndGet(std::vector<Bucket> buckets, std::string key) = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_METERED_READS_H_
