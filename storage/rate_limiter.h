#ifndef TWOFOLD_STORAGE_RATE_LIMITER_H_
#define TWOFOLD_STORAGE_RATE_LIMITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/task.h"

namespace twofold {

// A bucket allows `attempts` at once and is refilled evenly over `window`. Both are positive.
struct RateLimit {
  int64_t attempts = 0;
  absl::Duration window;
};

struct Bucket {
  // From storage/keys.h.
  std::string name;
  RateLimit limit;
};

struct AcquireResult {
  bool allowed = false;
  // The time until all buckets allow the next attempt, if no other attempt comes first. Positive if
  // the attempt was refused, zero otherwise.
  absl::Duration retry_after;
};

// Limits the rate of attempts with the Generic Cell Rate Algorithm (storage/gcra.h). Threads and
// lifetime are as for Storage.
//
// A call names at least one bucket, and each bucket once. INVALID_ARGUMENT: there is no bucket, or
// a limit is not positive. An attempt beyond a limit is an answer and not an error. UNAVAILABLE
// means that it is not known what was done, and the caller must refuse the attempt.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;

  // Takes one attempt from each of `buckets`, or from none of them. When a bucket refuses, no
  // bucket changes. So repeated attempts neither lengthen a wait nor cost users who share another
  // bucket.
  //
  // This is one step where one server holds all buckets. Elsewhere (a Redis Cluster) all buckets
  // are read first and then charged. If another call has emptied one in between, the others get
  // their attempt back. Until then, they may refuse an attempt that they would have allowed. No
  // bucket ever allows more than its limit.
  virtual Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets) = 0;

  // Gives one attempt back to each of `buckets`, for a call that was allowed and had no effect. No
  // bucket then holds more than its limit. This is not one step.
  virtual Task<absl::Status> GiveBack(std::vector<Bucket> buckets) = 0;

  // Fills each of `buckets`. This is not one step.
  virtual Task<absl::Status> Fill(std::vector<Bucket> buckets) = 0;

  // OK when Acquire can be expected to work. Otherwise UNAVAILABLE, with a reason for operators.
  virtual Task<absl::Status> CheckReady() = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_RATE_LIMITER_H_
