#ifndef TWOFOLD_STORAGE_RATE_LIMITER_H_
#define TWOFOLD_STORAGE_RATE_LIMITER_H_

#include <cstdint>
#include <string>

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

struct Admission {
  bool allowed = false;
  // When the next attempt will be allowed, if nobody else comes first. Positive when refused, zero otherwise.
  absl::Duration retry_after;
};

// Meters attempts per bucket with the Generic Cell Rate Algorithm. Threads and lifetime as for Storage.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;

  // Takes one attempt from the bucket called `bucket` (a name from storage/keys.h). A refusal changes
  // nothing, so that hammering does not lengthen the wait. Being over the limit is an answer; an error
  // (UNAVAILABLE) means that nobody knows, and the caller must refuse.
  virtual Task<absl::StatusOr<Admission>> Acquire(std::string bucket, RateLimit limit) = 0;

  // Whether Acquire never waits: then nothing is gained by doing something else meanwhile.
  virtual bool AnswersAtOnce() const { return false; }

  // OK when Acquire can be expected to work; otherwise UNAVAILABLE with a reason for operators.
  virtual Task<absl::Status> CheckReady() = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_RATE_LIMITER_H_
