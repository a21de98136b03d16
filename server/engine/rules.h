#ifndef TWOFOLD_SERVER_ENGINE_RULES_H_
#define TWOFOLD_SERVER_ENGINE_RULES_H_

#include <optional>
#include <string>

#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "server/engine/limits.h"
#include "server/methods/backup_codes.h"
#include "server/methods/device_kind.h"
#include "server/methods/subject.h"
#include "storage/storage.h"
#include "twofold/internal/v1/record.pb.h"

// What every rule is given and what it gives back. A rule is a pure function from (record, request, now) to
// (new record, answer): no I/O, no clock, and randomness only from its argument, so that it may be decided
// again from a newer record.

namespace twofold {

// A device of nobody, on which the work for an unknown user is spent.
struct Decoy {
  Decoy(const KeyRing& ring, Random& random);

  Subject subject;
  internal::v1::Device device;
  std::string salt;
};

// Who asks what under which request id (rules for it in past_requests.h).
struct RequestKey {
  // Empty when the caller gave none.
  std::string id;
  // Of caller, RPC and request.
  std::string content;
};

struct RuleContext {
  const Limits& limits;
  const KeyRing& ring;
  const DeviceKinds& kinds;
  const Decoy& decoy;
  Random& random;
  const Subject& subject;
  const RequestKey& request;
  // Read once per call and kept over retries.
  UnixMillis now;
};

// Slow work that a rule needs and does not do itself. The flow does it off the request threads and decides
// again.
struct Need {
  enum class Kind { kNothing, kTypedHash, kNewBackupCodes };

  Kind kind = Kind::kNothing;
  // kTypedHash: hash the typed code under these.
  std::string salt;
  int iterations = 0;
  // kNewBackupCodes.
  int count = 0;
};

// What was done of it.
struct Evidence {
  std::optional<TypedHash> typed_hash;
  std::optional<NewBackupCodes> new_codes;
};

// The subject's record while a rule works on it.
struct Draft {
  // kAbsent: there is no record yet.
  Version version = kAbsent;
  internal::v1::SubjectRecord record;
  // The record is to be written, whatever the answer says.
  bool changed = false;
  // While this is set, answer and record are void.
  Need need;
  // For the audit log: why, more exactly than callers are told, and by which method.
  std::string cause;
  std::string method_id;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_RULES_H_
