#include "server/engine/budget.h"
#include "server/engine/decide.h"
#include "server/engine/past_requests.h"
#include "server/engine/record.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;

}  // namespace

absl::StatusOr<v1::UnlockSubjectResponse> DecideUnlock(const RuleContext& context, Draft& draft) {
  v1::UnlockSubjectResponse response;
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    response.set_had_record(true);
    response.set_was_locked((*past)->count() != 0);
    return response;
  }
  // Nothing is charged to a subject without a record.
  if (draft.version == kAbsent) return response;
  response.set_had_record(true);
  response.set_was_locked(LockStateOf(context.limits, draft.record.budget(), context.now).locked);
  draft.record.clear_budget();
  draft.changed = true;
  if (PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record)) {
    remembered->set_count(response.was_locked() ? 1 : 0);
  }
  return response;
}

absl::StatusOr<v1::ResetSubjectResponse> DecideReset(const RuleContext& context, Draft& draft) {
  v1::ResetSubjectResponse response;
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    response.set_had_record(true);
    response.set_removed_methods((*past)->count());
    response.set_removed_backup_codes((*past)->second_count());
    return response;
  }
  if (draft.version == kAbsent) return response;
  response.set_had_record(true);
  response.set_removed_methods(draft.record.devices_size());
  response.set_removed_backup_codes(RemainingBackupCodes(draft.record.backup_codes()));
  draft.record.Clear();
  draft.changed = true;
  // With a request id a record without methods stays for its minute, so that a late repetition does not reset
  // what was enrolled meanwhile.
  if (PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record)) {
    remembered->set_count(response.removed_methods());
    remembered->set_second_count(response.removed_backup_codes());
  }
  return response;
}

}  // namespace twofold
