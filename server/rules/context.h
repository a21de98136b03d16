#ifndef TWOFOLD_SERVER_RULES_CONTEXT_H_
#define TWOFOLD_SERVER_RULES_CONTEXT_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/methods/authenticator.h"
#include "server/rules/cause.h"
#include "server/rules/limits.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"
#include "twofold/internal/v1/record.pb.h"

// What every rule is given and what it gives back. A rule is a pure function from (record, request, now) to
// (new record, response): no I/O and no clock, and randomness only from its argument. So it can be applied
// again to a newer record.

namespace twofold {

// Methods of nobody, on which the work for an unknown user is done. Immutable and thread-safe.
class Decoys {
 public:
  struct Decoy {
    const Authenticator* authenticator;
    internal::v1::Method method;
  };

  // `authenticators` outlives it.
  Decoys(const Authenticators& authenticators, const KeyRing& ring, Random& random);

  // Null when no authenticator takes `presented`.
  const Decoy* For(const Presented& presented) const;
  const Subject& nobody() const { return nobody_; }

 private:
  const Subject nobody_;
  std::vector<Decoy> decoys_;
};

// A key ring, and the decoys that it sealed. Immutable and thread-safe. A call keeps the one that it
// began with, because the server may replace it.
struct RingInUse {
  // `authenticators` outlives it.
  RingInUse(const Authenticators& authenticators, std::shared_ptr<const KeyRing> ring_in, Random& random)
      : ring(std::move(ring_in)), decoys(authenticators, *ring, random) {}

  const std::shared_ptr<const KeyRing> ring;
  const Decoys decoys;
};

// Who asks what under which request id (server/rules/idempotency.h).
struct RequestKey {
  // Empty when the caller gave none.
  std::string id;
  // Of caller, RPC and request.
  std::string content;
};

struct RuleContext : MethodContext {
  const Limits& limits;
  const Authenticators& authenticators;
  const Decoys& decoys;
  const RequestKey& request;
  // The user has proven already that the change is the user's own, on the page of a prompt.
  bool has_proof = false;
};

// A code that is to be sent once the answer is certain.
struct Delivery {
  // The limits of sending. Each of them must allow the send before the record is written.
  std::vector<Bucket> buckets;
  // Nothing is sent where the caller sends the code itself.
  std::optional<Message> message;
  v1::MethodType type = v1::METHOD_TYPE_UNSPECIFIED;
  // Of a phone number. Empty for e-mail.
  std::string dial_prefix;
};

// The subject's record while a rule works on it.
struct Draft {
  // kAbsent: there is no record yet.
  Version version = kAbsent;
  internal::v1::SubjectRecord record;
  // The record is to be written, whatever the answer says.
  bool changed = false;
  // What is to be remembered of the answer, for a repetition of the call. A rule that makes a change sets it.
  std::optional<internal::v1::PastRequest> answered;
  // For the audit log: why, and by which method.
  Cause cause = Cause::kNone;
  std::string method_id;
  // The method that accepted what was presented. It differs from method_id where it proves a change of
  // another method.
  std::string accepted_id;
  // For the audit log: the grant that was made, accepted or ended.
  std::string grant_id;
  // Only where the status is OK.
  std::optional<Delivery> delivery;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_CONTEXT_H_
