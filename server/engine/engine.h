#ifndef TWOFOLD_SERVER_ENGINE_ENGINE_H_
#define TWOFOLD_SERVER_ENGINE_ENGINE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/task.h"
#include "crypto/key_ring.h"
#include "server/engine/admission.h"
#include "server/engine/change.h"
#include "server/engine/limits.h"
#include "server/engine/request_shape.h"
#include "server/engine/rules.h"
#include "server/engine/store_lease.h"
#include "server/engine/subject_turns.h"
#include "server/engine/work_pool.h"
#include "server/methods/device_kind.h"
#include "storage/attempt_gate.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// What is known of a call beside its request, for whoever records it. Filled in as the call goes.
struct CallFacts {
  // Authenticated identity; empty where callers are not authenticated.
  std::string caller;

  std::string tenant;
  std::string user;
  std::string method_id;
  v1::MethodType method_type = v1::METHOD_TYPE_UNSPECIFIED;
  std::string client_address;
  bool has_request_id = false;
  // Why, more exactly than the caller is told.
  std::string cause;
  // Of the subject after the call; -1: not known.
  int64_t consecutive_failures = -1;
};

// Carries requests through limiter, record, rule and write. Owns nothing but its decoy and the turns of
// subjects: all parts outlive it and the flows started on it, and so does it those flows. Thread-safe.
class Engine {
 public:
  struct Parts {
    const Limits& limits;
    const KeyRing& ring;
    const DeviceKinds& kinds;
    Storage& storage;
    RateLimiter& limiter;
    // Counts by `limiter` and reads from `storage`.
    AttemptGate& gate;
    // Password hashes.
    WorkPool& hashes;
    WorkPool& pictures;
    const Clock& clock;
    Random& random;
    // Of the store's marker.
    std::string store_id;
    // Without it nothing is read or written.
    const StoreLease& lease;
  };

  explicit Engine(Parts parts);

  // Answers one request. Resumes on the flow's executor throughout. `facts` and `request` outlive the flow.
  template <typename Request>
  auto Handle(CallFacts& facts, const Request& request) {
    NameSubject(request, facts);
    return Run(facts, PlanChange(parts_.limits, parts_.random, facts.caller, request));
  }
  // With the QR code that the request asks for.
  Task<absl::StatusOr<v1::EnrollResponse>> Handle(CallFacts& facts, const v1::EnrollRequest& request);

 private:
  // As far as a name fits a log, well-formed or not.
  template <typename Request>
  static void NameSubject(const Request& request, CallFacts& facts) {
    facts.tenant = request.tenant().substr(0, kMaxNameSize);
    facts.user = request.user_id().substr(0, kMaxNameSize);
  }

  template <typename Response>
  Task<absl::StatusOr<Response>> Run(CallFacts& facts, absl::StatusOr<Change<Response>> planned);
  Task<absl::StatusOr<v1::EnrollResponse>> WithQr(v1::QrFormat format,
                                                  Task<absl::StatusOr<v1::EnrollResponse>> enrolled);

  // Takes the attempt from `buckets` and returns the record, or RATE_LIMITED. Without buckets it only reads.
  Task<absl::StatusOr<VersionedBytes>> AcquireAndLoad(std::vector<Bucket> buckets, const std::string& key);
  // The record. Of an unknown subject an empty one with the version kAbsent.
  Task<absl::StatusOr<VersionedBytes>> Load(const std::string& key);
  Task<absl::StatusOr<VersionedBytes>> Known(absl::StatusOr<VersionedBytes> stored);
  // Does the slow work that a rule asked for.
  Task<absl::Status> Supply(const Need& need, const std::string& backup_code, Evidence& evidence);
  // OK when the draft is stored for good; ABORTED when somebody else was faster; otherwise an error for the
  // caller.
  Task<absl::Status> Save(const std::string& key, const Draft& draft, UnixMillis now);
  Task<absl::Status> Put(const std::string& key, const Draft& draft);
  Task<absl::Status> Delete(const std::string& key, Version version);

  // For a call that was admitted and came to nothing.
  Task<void> GiveBack(std::vector<Bucket> buckets);

  const Parts parts_;
  const Decoy decoy_;
  SubjectTurns turns_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_ENGINE_H_
