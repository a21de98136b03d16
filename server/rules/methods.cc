#include "server/rules/methods.h"

#include <algorithm>

#include "common/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "server/errors.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/rules/check.h"
#include "server/rules/grant_record.h"
#include "server/rules/lockout.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::Method;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

bool Names(const v1::UpdateMethodRequest& request, absl::string_view field) {
  const auto& paths = request.update_mask().paths();
  return std::find(paths.begin(), paths.end(), field) != paths.end();
}

bool IsLastActive(const SubjectRecord& record, const Method& method) {
  return method.state() == v1::METHOD_STATE_ACTIVE && CountDevices(record, v1::METHOD_STATE_ACTIVE) == 1;
}

// Whether only restricted methods would be left to log in with.
bool LeavesRestrictedAlone(const RuleContext& context, const SubjectRecord& record, const Method& method) {
  if (context.limits.restricted_alone || IsRestricted(context.authenticators, method)) return false;
  return CountUnrestricted(context.authenticators, record, v1::METHOD_STATE_ACTIVE) == 1 &&
         method.state() == v1::METHOD_STATE_ACTIVE && CountDevices(record, v1::METHOD_STATE_ACTIVE) > 1;
}

// What forbids the change, proof aside.
absl::Status CheckMayUpdate(const RuleContext& context, const SubjectRecord& record, const Method& method,
                            const v1::UpdateMethodRequest& request) {
  if (!Names(request, "enabled")) return absl::OkStatus();
  if (!IsConfirmed(method)) return MethodStateError("a pending method can be neither enabled nor disabled");
  if (!request.enabled() &&
      (IsLastActive(record, method) || LeavesRestrictedAlone(context, record, method))) {
    return LastMethodError();
  }
  return absl::OkStatus();
}

void Apply(const v1::UpdateMethodRequest& request, SubjectRecord& record, Method& method) {
  if (Names(request, "description")) method.set_description(request.description());
  if (Names(request, "enabled")) {
    method.set_state(request.enabled() ? v1::METHOD_STATE_ACTIVE : v1::METHOD_STATE_DISABLED);
  }
  if (!Names(request, "preferred")) return;
  if (request.preferred()) {
    for (Method& other : *record.mutable_methods()) other.set_preferred(false);
  }
  method.set_preferred(request.preferred());
}

OrWork<absl::Status> Update(const RuleContext& context, const v1::UpdateMethodRequest& request,
                            const std::optional<Presented>& proof, Draft& draft,
                            v1::UpdateMethodResponse& response) {
  const Method* found = FindMethod(draft.record, request.method_id());
  if (found == nullptr) return MethodNotFoundError();
  const absl::Status may = CheckMayUpdate(context, draft.record, *found, request);
  if (!may.ok()) return may;
  if (Names(request, "enabled")) TWOFOLD_RETURN_UNLESS_OK(ConsumeProof(context, proof, draft));
  Method& method = *FindMethod(draft.record, request.method_id());
  Apply(request, draft.record, method);
  if (method.state() == v1::METHOD_STATE_DISABLED && Names(request, "enabled")) EndGrants(draft.record);
  draft.method_id = request.method_id();
  draft.answered.emplace();
  draft.changed = true;
  *response.mutable_method() = ShowMethod(context.authenticators, method);
  return absl::OkStatus();
}

OrWork<absl::Status> Delete(const RuleContext& context, const std::string& method_id,
                            const std::optional<Presented>& proof, Draft& draft,
                            v1::DeleteMethodResponse& response) {
  const Method* method = FindMethod(draft.record, method_id);
  if (method == nullptr) return MethodNotFoundError();
  if (IsLastActive(draft.record, *method) && CountDevices(draft.record, v1::METHOD_STATE_DISABLED) > 0) {
    return LastMethodError();
  }
  if (LeavesRestrictedAlone(context, draft.record, *method)) return LastMethodError();
  if (HasConfirmedDevice(draft.record)) TWOFOLD_RETURN_UNLESS_OK(ConsumeProof(context, proof, draft));
  if (IsConfirmed(*FindMethod(draft.record, method_id))) EndGrants(draft.record);
  RemoveMethod(draft.record, method_id);
  // Backup codes stand in for a device. Without one they would be a second factor of their own.
  response.set_second_factor_required(HasConfirmedDevice(draft.record));
  if (!response.second_factor_required()) {
    response.set_deleted_backup_codes(RemainingBackupCodes(FindBackupCodes(draft.record)));
    RemoveMethod(draft.record, kBackupMethodId);
  }
  PastRequest& answered = draft.answered.emplace();
  answered.set_count(response.deleted_backup_codes());
  answered.set_second_count(response.second_factor_required() ? 1 : 0);
  draft.method_id = method_id;
  draft.changed = true;
  return absl::OkStatus();
}

absl::Status List(const RuleContext& context, const Draft& draft, v1::ListMethodsResponse& response) {
  const SubjectRecord& record = draft.record;
  response.set_has_record(draft.version != kAbsent);
  for (const Method* method : MethodsInOrder(record)) {
    *response.add_methods() = ShowMethod(context.authenticators, *method);
  }
  for (const internal::v1::Grant& grant : record.grants()) *response.add_grants() = ShowGrant(grant);
  response.set_second_factor_required(HasConfirmedDevice(record));
  const LockState lock = LockStateOf(context.limits, record.budget(), context.now);
  response.set_permanently_locked(lock.permanent);
  if (lock.locked && !lock.permanent) {
    *response.mutable_locked_until() = TimeUtil::MillisecondsToTimestamp(lock.until);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Operation> PlanListMethods(const PlanContext& plan, const v1::ListMethodsRequest& request,
                                          v1::ListMethodsResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, request, request.tenant(), request.user_id(), "", response));
  operation.decide = [&response](const RuleContext& context, Draft& draft) {
    draft.changed = false;
    return OrWork<absl::Status>(List(context, draft, response));
  };
  return operation;
}

absl::StatusOr<Operation> PlanUpdateMethod(const PlanContext& plan, const v1::UpdateMethodRequest& request,
                                           v1::UpdateMethodResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  TWOFOLD_RETURN_IF_ERROR(CheckUpdate(request));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<Presented> proof, PlanProof(plan, request, operation));
  operation.decide = [&request, &response, proof = std::move(proof)](const RuleContext& context,
                                                                     Draft& draft) {
    return Update(context, request, proof, draft, response);
  };
  operation.repeat = [&response](const RuleContext& context, const PastRequest&, const Draft& draft) {
    *response.mutable_method() = ShowMethod(context.authenticators, draft.record, draft.method_id);
    return OrWork<absl::Status>(absl::OkStatus());
  };
  return operation;
}

absl::StatusOr<Operation> PlanDeleteMethod(const PlanContext& plan, const v1::DeleteMethodRequest& request,
                                           v1::DeleteMethodResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  if (request.method_id() == kBackupMethodId) {
    return InvalidRequestError("method_id", "backup codes are removed by DeleteBackupCodes");
  }
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<Presented> proof, PlanProof(plan, request, operation));
  operation.decide = [&request, &response, proof = std::move(proof)](const RuleContext& context,
                                                                     Draft& draft) {
    return Delete(context, request.method_id(), proof, draft, response);
  };
  operation.repeat = [&response](const RuleContext&, const PastRequest& past, const Draft&) {
    response.set_deleted_backup_codes(past.count());
    response.set_second_factor_required(past.second_count() != 0);
    return OrWork<absl::Status>(absl::OkStatus());
  };
  return operation;
}

}  // namespace twofold
