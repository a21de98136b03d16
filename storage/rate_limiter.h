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

// How much a bucket allows: `attempts` at once, refilled evenly over `window`. Both positive.
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
  // When all buckets will allow the next attempt, if nobody else comes first. Positive when refused, zero
  // otherwise.
  absl::Duration retry_after;
};

// Meters attempts per bucket with the Generic Cell Rate Algorithm. Threads and lifetime as for Storage.
//
// A call names at least one bucket, and each of them once; without a bucket, or with a limit that is none, it
// is INVALID_ARGUMENT. Being over a limit is an answer. An error (UNAVAILABLE) means that nobody knows what
// was done, and whoever asked must refuse.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;

  // Takes one attempt from each of `buckets`, or from none of them: where one refuses, nothing has changed in
  // any, so that hammering neither lengthens a wait nor costs those who share another bucket.
  //
  // That is one step where one place holds all of them. Elsewhere (a Redis Cluster) all are looked at, and
  // then charged; where another call emptied one in between, the others get back what was taken. Until they
  // have it, such a bucket may refuse an attempt that it would have allowed. No bucket ever allows more than
  // its limit.
  virtual Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets) = 0;

  // Gives one attempt back to each of `buckets`, for a call that was admitted and came to nothing. None holds
  // more than its limit afterwards. Not one step.
  virtual Task<absl::Status> GiveBack(std::vector<Bucket> buckets) = 0;

  // Fills each of `buckets`. Not one step.
  virtual Task<absl::Status> Fill(std::vector<Bucket> buckets) = 0;

  // OK when Acquire can be expected to work; otherwise UNAVAILABLE with a reason for operators.
  virtual Task<absl::Status> CheckReady() = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_RATE_LIMITER_H_
