#ifndef TWOFOLD_STORAGE_REDIS_BUCKET_H_
#define TWOFOLD_STORAGE_REDIS_BUCKET_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/task.h"
#include "storage/rate_limiter.h"
#include "storage/redis/client.h"
#include "storage/redis/command.h"
#include "storage/redis/reply.h"

namespace twofold::redis {

// The buckets of a RateLimiter in a Redis deployment. Intervals are whole microseconds, rounded up.
class Buckets {
 public:
  // `has_slots`: the servers are a Cluster. There each bucket has a script call of its own, because
  // a slot that is moving refuses a script with several keys if one of them is not there. `clock`
  // replaces the servers' clock. It may be null. `client` and `clock` outlive this object and the
  // flows started on it.
  Buckets(Client& client, bool has_slots, const Clock* clock)
      : client_(client), has_slots_(has_slots), clock_(clock) {}

  // As the functions of RateLimiter.
  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets);
  Task<absl::Status> GiveBack(std::vector<Bucket> buckets);
  Task<absl::Status> Fill(std::vector<Bucket> buckets);

  // Acquire as one call that also returns the value of the key `record` if all buckets allow the
  // attempt.
  absl::StatusOr<Call> AcquireAndGet(const std::vector<Bucket>& buckets, std::string record) const;

 private:
  // Buckets that one script call can serve.
  using Group = std::vector<Bucket>;
  enum class Mode { kPeek, kTake };

  std::vector<Group> GroupsOf(std::vector<Bucket> buckets) const;
  absl::StatusOr<Call> AcquireCall(const Group& group, Mode mode) const;
  // The two steps of Acquire on several groups.
  Task<absl::StatusOr<AcquireResult>> Peek(const std::vector<Group>& groups);
  Task<absl::StatusOr<AcquireResult>> Take(std::vector<Group> groups);
  Task<absl::Status> MoveBack(std::vector<Group> groups, bool fill);

  Client& client_;
  const bool has_slots_;
  const Clock* const clock_;
};

// Reads a number that kAcquireScript returned. UNAVAILABLE: the reply is something else.
absl::StatusOr<AcquireResult> ReadAcquireResult(const Reply& reply);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_BUCKET_H_
