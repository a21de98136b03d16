#include "server/rules/admin.h"

#include "common/status_macros.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/rules/lockout.h"
#include "server/rules/rate_limits.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;

absl::Status Unlock(const RuleContext& context, Draft& draft, v1::UnlockSubjectResponse& response) {
  // Nothing is charged to a subject without a record.
  if (draft.version == kAbsent) return absl::OkStatus();
  response.set_had_record(true);
  response.set_was_locked(LockStateOf(context.limits, draft.record.budget(), context.now).locked);
  draft.record.clear_budget();
  draft.answered.emplace().set_count(response.was_locked() ? 1 : 0);
  draft.changed = true;
  return absl::OkStatus();
}

absl::Status Reset(Draft& draft, v1::ResetSubjectResponse& response) {
  if (draft.version == kAbsent) return absl::OkStatus();
  response.set_had_record(true);
  response.set_removed_methods(CountDevices(draft.record));
  response.set_removed_backup_codes(RemainingBackupCodes(FindBackupCodes(draft.record)));
  draft.record.Clear();
  // With a request id a record without methods stays for its minute, so that a late repetition does not reset
  // what was enrolled meanwhile.
  PastRequest& answered = draft.answered.emplace();
  answered.set_count(response.removed_methods());
  answered.set_second_count(response.removed_backup_codes());
  draft.changed = true;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Operation> PlanUnlockSubject(const PlanContext& plan, const v1::UnlockSubjectRequest& request,
                                            v1::UnlockSubjectResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  operation.filled = OwnBuckets(plan.limits, operation.subject);
  operation.decide = [&response](const RuleContext& context, Draft& draft) {
    return OrWork<absl::Status>(Unlock(context, draft, response));
  };
  operation.repeat = [&response](const RuleContext&, const PastRequest& past, const Draft&) {
    response.set_had_record(true);
    response.set_was_locked(past.count() != 0);
    return OrWork<absl::Status>(absl::OkStatus());
  };
  return operation;
}

absl::StatusOr<Operation> PlanResetSubject(const PlanContext& plan, const v1::ResetSubjectRequest& request,
                                           v1::ResetSubjectResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  operation.decide = [&response](const RuleContext&, Draft& draft) {
    return OrWork<absl::Status>(Reset(draft, response));
  };
  operation.repeat = [&response](const RuleContext&, const PastRequest& past, const Draft&) {
    response.set_had_record(true);
    response.set_removed_methods(past.count());
    response.set_removed_backup_codes(past.second_count());
    return OrWork<absl::Status>(absl::OkStatus());
  };
  return operation;
}

}  // namespace twofold
