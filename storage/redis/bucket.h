#ifndef TWOFOLD_STORAGE_REDIS_BUCKET_H_
#define TWOFOLD_STORAGE_REDIS_BUCKET_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/task.h"
#include "storage/rate_limiter.h"
#include "storage/redis/call.h"
#include "storage/redis/client.h"
#include "storage/redis/reply.h"

namespace twofold::redis {

// A RateLimiter's buckets in a Redis deployment. Intervals are whole microseconds, rounded up.
class Buckets {
 public:
  // `has_slots`: whether the servers are a Cluster. There each bucket is asked by itself: a slot on the move
  // refuses a script with several keys, even of that slot, of which one is not there. `clock`: null for the
  // servers'. `client` and `clock` outlive this and the flows started on it.
  Buckets(Client& client, bool has_slots, const Clock* clock)
      : client_(client), has_slots_(has_slots), clock_(clock) {}

  // As those of RateLimiter.
  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets);
  Task<absl::Status> GiveBack(std::vector<Bucket> buckets);
  Task<absl::Status> Fill(std::vector<Bucket> buckets);

  // Acquire as one call that also returns the value of the key `record` if all buckets allow the attempt.
  absl::StatusOr<Call> AcquireAndGet(const std::vector<Bucket>& buckets, std::string record) const;

 private:
  // Buckets that one script can be run on.
  using Group = std::vector<Bucket>;
  enum class Mode { kLook, kTake };

  std::vector<Group> GroupsOf(std::vector<Bucket> buckets) const;
  absl::StatusOr<Call> AcquireCall(const Group& group, Mode mode) const;
  // For Acquire on several groups.
  Task<absl::StatusOr<AcquireResult>> Look(const std::vector<Group>& groups);
  Task<absl::StatusOr<AcquireResult>> Take(std::vector<Group> groups);
  Task<absl::Status> MoveBack(std::vector<Group> groups, bool fill);

  Client& client_;
  const bool has_slots_;
  const Clock* const clock_;
};

// What kAcquireScript answered with a number. UNAVAILABLE: anything else.
absl::StatusOr<AcquireResult> ReadAcquireResult(const Reply& reply);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_BUCKET_H_
