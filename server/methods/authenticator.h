#ifndef TWOFOLD_SERVER_METHODS_AUTHENTICATOR_H_
#define TWOFOLD_SERVER_METHODS_AUTHENTICATOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "server/delivery/message.h"
#include "server/methods/or_work.h"
#include "server/methods/presented.h"
#include "server/methods/subject.h"
#include "twofold/internal/v1/challenge.pb.h"
#include "twofold/internal/v1/record.pb.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/method.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// Everything that an authenticator may use beside its arguments. What it refers to outlives the call.
struct MethodContext {
  const KeyRing& ring;
  Random& random;
  const Subject& subject;
  // Unix time in milliseconds. It is read once per call.
  UnixMillis now;
  // The slow work that was done for this call.
  const WorkResults& done;
  // The subject's record, for what concerns all of its methods. Null while it is not known.
  const internal::v1::SubjectRecord* record = nullptr;
};

// A code that must reach the user before the user can present it.
struct OutgoingCode {
  Message message;
  // The allowed dial prefix of a phone number, which has a limit of its own. Empty for e-mail.
  std::string dial_prefix;
  // The caller gets the code in its response and sends it itself.
  bool goes_to_caller = false;
};

// What an authenticator found out about one method and what was presented.
struct CheckResult {
  enum class Outcome {
    // It is wrong.
    kRejected,
    // It is right for something older than what this method accepted last.
    kOutdated,
    // It is exactly what this method accepted last. Who presents it again guesses nothing.
    kReplayed,
    kAccepted,
    // It answers no challenge that this method could answer now: an expired one, one of another
    // user, or none. Nothing was compared.
    kNoChallenge,
    // It is right, but the counter of the security key went back, so there may be a copy of the key.
    kCloneSuspected,
    // What the method accepted before can only mean that `now` is wrong, so nothing may be concluded.
    kClockBehind,
    // The method's secret does not open. `unreadable` says why.
    kUnreadable,
  };

  Outcome outcome = Outcome::kRejected;
  // How many codes were compared that could have been accepted. A rejection costs accordingly.
  int candidates = 0;
  // kAccepted: the method, with what was presented marked as used.
  internal::v1::Method after;
  // kUnreadable: KEY_UNAVAILABLE or RECORD_CORRUPT.
  absl::Status unreadable;
};

// One type of method, the "authenticator" of NIST SP 800-63B-4 section 3. Stateless, pure and thread-safe:
// no I/O and no clock. docs/authenticators.md says how to add one.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  virtual v1::MethodType type() const = 0;

  // Whether this type has anything to compare `presented` with. It depends on the alternative alone.
  virtual bool Takes(const Presented& presented) const = 0;

  // Whether methods of this type are weaker than the others ("restricted" in NIST SP 800-63B-4). Such
  // a method is no proof for a change.
  virtual bool restricted() const { return false; }

  // Whether whoever uses this type answers a challenge, so that Challenge can be called.
  virtual bool needs_challenge() const { return false; }

  // The state of a new method, for which the caller sets what all types have in common. Of `method` the id,
  // the type and the subject are settled. INVALID_REQUEST names the field that is out of its bounds, and says
  // so too where this type is not enrolled by request.
  virtual absl::Status Enroll(const MethodContext& context, const v1::EnrollRequest& request,
                              internal::v1::Method& method) const = 0;

  // Fills in what the caller of Enroll is shown once: `method` is pending, and `request` is the one that it
  // came from.
  virtual OrWork<absl::Status> ShowOnce(const MethodContext& context, const internal::v1::Method& method,
                                        const v1::EnrollRequest& request,
                                        v1::EnrollResponse& response) const = 0;

  // Adapts a new pending method to the others of the context's record.
  virtual void Join(const MethodContext&, internal::v1::Method&) const {}

  // Completes a challenge for `methods`, which are active, of this type and not empty. Sets the value
  // of `token`, and fills in what the caller is shown. METHOD_STATE: this type needs no challenge.
  virtual absl::Status Challenge(const MethodContext& context,
                                 absl::Span<const internal::v1::Method* const> methods,
                                 internal::v1::ChallengeToken& token,
                                 v1::StartChallengeResponse& response) const;

  // Whether codes of this type are sent, so that Outgoing can be called.
  virtual bool sends_codes() const { return false; }

  // What takes a code to the user: the code of `token`, or the code that confirms `method`, which is
  // then pending, if `token` is null. METHOD_STATE: this type sends nothing. Other errors are those of
  // a secret that does not open.
  virtual absl::StatusOr<OutgoingCode> Outgoing(const MethodContext& context,
                                                const internal::v1::Method& method,
                                                const internal::v1::ChallengeToken* token) const;

  // Whether one code could be right for both, because they share a secret. `other` may be of any type. The
  // error is that of a secret that does not open.
  virtual absl::StatusOr<bool> SharesSecret(const MethodContext& context, const internal::v1::Method& method,
                                            const internal::v1::Method& other) const = 0;

  // Checks `presented`, which this type takes, against `method`, pending or active. Changes nothing. Right or
  // wrong, it does the same work.
  virtual OrWork<CheckResult> Check(const MethodContext& context, const internal::v1::Method& method,
                                    const Presented& presented) const = 0;

  // A method of nobody, on which Check does the work that it does on a subject's. context.subject is nobody.
  virtual internal::v1::Method NewDecoy(const MethodContext& context) const = 0;

  // Sets the parameters that callers see. Nothing secret is among them.
  virtual void Describe(const internal::v1::Method& method, v1::Method& shown) const = 0;

  // Sets what callers see of a login by `method`, which has just accepted.
  virtual void DescribeLogin(const internal::v1::Method&, v1::VerifyResponse&) const {}

  // Whether `portable` is of this type. It depends on which content it has.
  virtual bool IsPortable(const v1::PortableMethod&) const { return false; }

  // The state of a method that another system made, as Enroll makes that of a new one. It sets the type too.
  // INVALID_REQUEST names the field that is out of its bounds.
  virtual absl::Status Import(const MethodContext& context, const v1::PortableMethod& portable,
                              internal::v1::Method& method) const;

  // The part of the check of an imported method that is slow.
  virtual OrWork<absl::Status> CheckImported(const MethodContext&, const internal::v1::Method&) const {
    return absl::OkStatus();
  }

  // Fills in the content of `portable` and what Import reads beside it, with the secret in the open. The
  // error is that of a secret that does not open, or METHOD_STATE where this type cannot leave the server.
  virtual absl::Status Export(const MethodContext& context, const internal::v1::Method& method,
                              v1::PortableMethod& portable) const;

  // What `sealed` is bound to beside subject, method id and type: whoever can write the storage cannot change
  // it and have the secret open.
  virtual std::string FixedParameters(const internal::v1::Method&) const { return ""; }
};

// The authenticators of a server. Immutable and thread-safe.
class Authenticators {
 public:
  explicit Authenticators(std::vector<std::unique_ptr<const Authenticator>> all) : all_(std::move(all)) {}

  // Null when there is none of this type.
  const Authenticator* Find(v1::MethodType type) const;

  const std::vector<std::unique_ptr<const Authenticator>>& all() const { return all_; }

 private:
  std::vector<std::unique_ptr<const Authenticator>> all_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_AUTHENTICATOR_H_
