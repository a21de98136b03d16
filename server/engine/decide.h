#ifndef TWOFOLD_SERVER_ENGINE_DECIDE_H_
#define TWOFOLD_SERVER_ENGINE_DECIDE_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/engine/enrolment.h"
#include "server/engine/rules.h"
#include "server/methods/typed_code.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

// The rules, one per RPC: given the record in `draft` (refreshed to context.now), they answer and, with
// draft.changed, leave the record to be written before the answer may leave. An error may come with a changed
// record: what a wrong code costs. With draft.need set the answer is void. Requests have been checked for
// their shape; codes are parsed.

namespace twofold {

absl::StatusOr<v1::EnrollResponse> DecideEnroll(const RuleContext& context, const Enrolment& enrolment,
                                                const std::optional<TypedCode>& proof,
                                                const Evidence& evidence, Draft& draft);

absl::StatusOr<v1::ConfirmEnrollmentResponse> DecideConfirm(const RuleContext& context,
                                                            const v1::ConfirmEnrollmentRequest& request,
                                                            const TypedCode& code, const Evidence& evidence,
                                                            Draft& draft);

absl::StatusOr<v1::VerifyResponse> DecideVerify(const RuleContext& context, const v1::VerifyRequest& request,
                                                const TypedCode& code, const Evidence& evidence,
                                                Draft& draft);

absl::StatusOr<v1::ResyncMethodResponse> DecideResync(const RuleContext& context,
                                                      const v1::ResyncMethodRequest& request,
                                                      const TypedCode& first, const TypedCode& second,
                                                      Draft& draft);

absl::StatusOr<v1::RotateBackupCodesResponse> DecideRotate(const RuleContext& context,
                                                           const v1::RotateBackupCodesRequest& request,
                                                           const std::optional<TypedCode>& proof,
                                                           const Evidence& evidence, Draft& draft);

absl::StatusOr<v1::DeleteBackupCodesResponse> DecideDeleteBackupCodes(const RuleContext& context,
                                                                      const std::optional<TypedCode>& proof,
                                                                      const Evidence& evidence, Draft& draft);

absl::StatusOr<v1::UpdateMethodResponse> DecideUpdate(const RuleContext& context,
                                                      const v1::UpdateMethodRequest& request,
                                                      const std::optional<TypedCode>& proof,
                                                      const Evidence& evidence, Draft& draft);

absl::StatusOr<v1::DeleteMethodResponse> DecideDelete(const RuleContext& context,
                                                      const v1::DeleteMethodRequest& request,
                                                      const std::optional<TypedCode>& proof,
                                                      const Evidence& evidence, Draft& draft);

absl::StatusOr<v1::UnlockSubjectResponse> DecideUnlock(const RuleContext& context, Draft& draft);

absl::StatusOr<v1::ResetSubjectResponse> DecideReset(const RuleContext& context, Draft& draft);

v1::ListMethodsResponse DecideList(const RuleContext& context, const Draft& draft);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_DECIDE_H_
