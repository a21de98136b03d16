#include "server/rules/backup_codes.h"

#include "common/status_macros.h"
#include "server/errors.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/rules/check.h"
#include "server/rules/grant_record.h"
#include "server/rules/idempotency.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;

OrWork<absl::Status> Rotate(const RuleContext& context, const v1::RotateBackupCodesRequest& request,
                            const std::optional<Presented>& proof, Draft& draft,
                            v1::RotateBackupCodesResponse& response) {
  if (!HasConfirmedDevice(draft.record)) return NoDeviceError();
  TWOFOLD_RETURN_UNLESS_OK(ConsumeProof(context, proof, draft));
  const int count = request.count() == 0 ? context.limits.backup_codes : request.count();
  OrWork<internal::v1::NewBackupCodes> made = MakeBackupCodes(context, count);
  if (made.needs_work()) return std::move(made).work();
  const internal::v1::NewBackupCodes& codes = made.value();
  response.set_replaced_count(RemainingBackupCodes(FindBackupCodes(draft.record)));
  *response.mutable_backup_codes() = codes.codes();
  RemoveMethod(draft.record, kBackupMethodId);
  *draft.record.add_methods() = NewBackupCodeSet(context, codes.hashes());
  PastRequest& answered = draft.answered.emplace();
  answered.set_count(response.replaced_count());
  SealCodes(context, codes.codes(), answered);
  return absl::OkStatus();
}

OrWork<absl::Status> RepeatRotate(const RuleContext& context, const PastRequest& past,
                                  v1::RotateBackupCodesResponse& response) {
  absl::StatusOr<internal::v1::CodeList> codes = OpenCodes(context, past);
  if (!codes.ok()) return codes.status();
  *response.mutable_backup_codes() = codes->codes();
  response.set_replaced_count(past.count());
  return absl::OkStatus();
}

OrWork<absl::Status> Delete(const RuleContext& context, const std::optional<Presented>& proof, Draft& draft,
                            v1::DeleteBackupCodesResponse& response) {
  if (!HasConfirmedDevice(draft.record)) return NoDeviceError();
  TWOFOLD_RETURN_UNLESS_OK(ConsumeProof(context, proof, draft));
  response.set_deleted_count(RemainingBackupCodes(FindBackupCodes(draft.record)));
  RemoveMethod(draft.record, kBackupMethodId);
  EndGrants(draft.record);
  draft.answered.emplace().set_count(response.deleted_count());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Operation> PlanRotateBackupCodes(const PlanContext& plan,
                                                const v1::RotateBackupCodesRequest& request,
                                                v1::RotateBackupCodesResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_RETURN_IF_ERROR(CheckBackupCodeCount(request.count()));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<Presented> proof, PlanProof(plan, request, operation));
  operation.decide = [&request, &response, proof = std::move(proof)](const RuleContext& context,
                                                                     Draft& draft) {
    return Rotate(context, request, proof, draft, response);
  };
  operation.repeat = [&response](const RuleContext& context, const PastRequest& past, const Draft&) {
    return RepeatRotate(context, past, response);
  };
  return operation;
}

absl::StatusOr<Operation> PlanDeleteBackupCodes(const PlanContext& plan,
                                                const v1::DeleteBackupCodesRequest& request,
                                                v1::DeleteBackupCodesResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<Presented> proof, PlanProof(plan, request, operation));
  operation.decide = [&response, proof = std::move(proof)](const RuleContext& context, Draft& draft) {
    return Delete(context, proof, draft, response);
  };
  operation.repeat = [&response](const RuleContext&, const PastRequest& past, const Draft&) {
    response.set_deleted_count(past.count());
    return OrWork<absl::Status>(absl::OkStatus());
  };
  return operation;
}

}  // namespace twofold
