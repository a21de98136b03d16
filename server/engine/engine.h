#ifndef TWOFOLD_SERVER_ENGINE_ENGINE_H_
#define TWOFOLD_SERVER_ENGINE_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/current.h"
#include "common/random.h"
#include "common/task.h"
#include "crypto/key_ring.h"
#include "server/delivery/message_sender.h"
#include "server/engine/subject_turns.h"
#include "server/engine/work_pool.h"
#include "server/rules/operation.h"
#include "server/store/lease.h"
#include "storage/attempt_gate.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// What is known of a call beside its request, for whoever records it. Filled in as the call goes.
struct CallFacts {
  // The authenticated identity. Empty where callers are not authenticated.
  std::string caller;

  std::string tenant;
  std::string user;
  std::string method_id;
  std::string grant_id;
  v1::MethodType method_type = v1::METHOD_TYPE_UNSPECIFIED;
  std::string client_address;
  bool has_request_id = false;
  Cause cause = Cause::kNone;
  // Of the subject after the call. -1: it is not known.
  int64_t consecutive_failures = -1;
  // Whether the call had a code sent, or would have had one sent.
  bool sends_code = false;
  // Whether the method accepted what the call presented.
  bool accepted_code = false;
  // Of the phone number that the call concerns.
  std::string dial_prefix;
};

// Carries operations through rate limits, record, rule and write. It owns nothing but its key ring with its
// decoys and the queues of subjects. All parts outlive it and the flows started on it, and it outlives those
// flows. Thread-safe.
class Engine {
 public:
  struct Parts {
    const Limits& limits;
    // At first. UseRing replaces it.
    std::shared_ptr<const KeyRing> ring;
    const Authenticators& authenticators;
    Storage& storage;
    RateLimiter& limiter;
    // Counts by `limiter` and reads from `storage`.
    AttemptGate& gate;
    // For password hashes.
    WorkPool& hashes;
    WorkPool& pictures;
    const Clock& clock;
    Random& random;
    // Of the store's marker.
    std::string store_id;
    // Without it nothing is answered from the store and nothing is written.
    const StoreLease& lease;
    // Sends codes. Null where no carrier is configured.
    MessageSender* sender = nullptr;
    // Where the page of prompts is. Empty: prompts are off.
    std::string prompt_url = {};
  };

  explicit Engine(Parts parts);

  // Calls that are planned from now on use `ring`. Those under way go on with the ring that they began
  // with.
  void UseRing(std::shared_ptr<const KeyRing> ring);

  // The ring that calls use now.
  std::shared_ptr<const KeyRing> ring() const { return keys_.Get()->ring; }

  // For calls that walk the whole store.
  const Parts& parts() const { return parts_; }

  // For a call that arrives now. Both arguments outlive the plan.
  PlanContext NewPlan(absl::string_view caller, const CallerRights& rights) const;

  // Carries out an operation and fills in its response. The steps are: fill buckets, take one attempt and
  // read the record, refresh it, find out whether the call repeats another one, let the rule decide, have its
  // slow work done and let it decide again, write, answer. Another writer's success begins again at the read,
  // but not at the rate limits. Resumes on the flow's executor throughout. `facts` outlives the flow.
  Task<absl::Status> Run(CallFacts& facts, Operation operation);

 private:
  // Takes the attempt from `buckets` and returns the record, or RATE_LIMITED. Without buckets it only reads.
  Task<absl::StatusOr<VersionedBytes>> AcquireAndLoad(std::vector<Bucket> buckets, const std::string& key);
  // The record. Of an unknown subject an empty one with the version kAbsent.
  Task<absl::StatusOr<VersionedBytes>> Load(const std::string& key);
  Task<absl::StatusOr<VersionedBytes>> Known(absl::StatusOr<VersionedBytes> stored);
  // DELIVERY_LIMITED if one of the limits of sending refuses.
  Task<absl::Status> AcquireSend(const Delivery& delivery);
  Task<absl::Status> Send(Delivery delivery);
  // OVERLOADED when the work's pool is full.
  Task<absl::Status> DoWork(Work work, WorkResults& done);
  // OK when the draft is stored for good. ABORTED when another writer was faster. Otherwise an error for the
  // caller.
  Task<absl::Status> Save(const std::string& key, const Draft& draft, UnixMillis now);
  Task<absl::Status> Put(const std::string& key, const Draft& draft);
  Task<absl::Status> Delete(const std::string& key, Version version);

  // For a call that was allowed and came to nothing.
  Task<void> GiveBack(std::vector<Bucket> buckets);

  const Parts parts_;
  Current<RingInUse> keys_;
  SubjectTurns turns_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_ENGINE_H_
