#ifndef TWOFOLD_SERVER_ENGINE_CHANGE_H_
#define TWOFOLD_SERVER_ENGINE_CHANGE_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/random.h"
#include "server/engine/limits.h"
#include "server/engine/request_shape.h"
#include "server/engine/rules.h"
#include "server/methods/subject.h"
#include "server/methods/typed_code.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// Which buckets of the rate limiter a call passes.
enum class Meter {
  // It only reads, or an administrator makes it.
  kNone,
  // It carries a device code.
  kLogin,
  // A way out of a lock: two consecutive codes.
  kResync,
  // The other way out: a backup code.
  kBackup,
  // It can write, and carries no code.
  kWrite,
};

// A request whose shape is right, ready for the engine: what it is about, and the rule that decides it.
template <typename Response>
struct Change {
  explicit Change(Subject subject_in) : subject(std::move(subject_in)) {}

  Subject subject;
  RequestKey request;
  Meter meter = Meter::kNone;
  // The code's text where a rule may need its hash.
  std::string backup_code;
  ClientAddress client_address;
  // The subject's buckets are filled, whatever the rule says.
  bool fills_buckets = false;
  absl::AnyInvocable<absl::StatusOr<Response>(const RuleContext&, const Evidence&, Draft&)> decide;
};

// Check a request and pair it with its rule. INVALID_REQUEST and MALFORMED_CODE name the malformed field.
// `caller` is the authenticated identity. The request outlives the change.
absl::StatusOr<Change<v1::EnrollResponse>> PlanChange(const Limits& limits, Random& random,
                                                      absl::string_view caller,
                                                      const v1::EnrollRequest& request);
absl::StatusOr<Change<v1::ConfirmEnrollmentResponse>> PlanChange(const Limits& limits, Random& random,
                                                                 absl::string_view caller,
                                                                 const v1::ConfirmEnrollmentRequest& request);
absl::StatusOr<Change<v1::VerifyResponse>> PlanChange(const Limits& limits, Random& random,
                                                      absl::string_view caller,
                                                      const v1::VerifyRequest& request);
absl::StatusOr<Change<v1::ResyncMethodResponse>> PlanChange(const Limits& limits, Random& random,
                                                            absl::string_view caller,
                                                            const v1::ResyncMethodRequest& request);
absl::StatusOr<Change<v1::RotateBackupCodesResponse>> PlanChange(const Limits& limits, Random& random,
                                                                 absl::string_view caller,
                                                                 const v1::RotateBackupCodesRequest& request);
absl::StatusOr<Change<v1::DeleteBackupCodesResponse>> PlanChange(const Limits& limits, Random& random,
                                                                 absl::string_view caller,
                                                                 const v1::DeleteBackupCodesRequest& request);
absl::StatusOr<Change<v1::UpdateMethodResponse>> PlanChange(const Limits& limits, Random& random,
                                                            absl::string_view caller,
                                                            const v1::UpdateMethodRequest& request);
absl::StatusOr<Change<v1::DeleteMethodResponse>> PlanChange(const Limits& limits, Random& random,
                                                            absl::string_view caller,
                                                            const v1::DeleteMethodRequest& request);
absl::StatusOr<Change<v1::UnlockSubjectResponse>> PlanChange(const Limits& limits, Random& random,
                                                             absl::string_view caller,
                                                             const v1::UnlockSubjectRequest& request);
absl::StatusOr<Change<v1::ResetSubjectResponse>> PlanChange(const Limits& limits, Random& random,
                                                            absl::string_view caller,
                                                            const v1::ResetSubjectRequest& request);
// Changes nothing, but is read and answered the same way.
absl::StatusOr<Change<v1::ListMethodsResponse>> PlanChange(const Limits& limits, Random& random,
                                                           absl::string_view caller,
                                                           const v1::ListMethodsRequest& request);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_CHANGE_H_
