#include "server/engine/decide.h"
#include "server/engine/errors.h"
#include "server/engine/past_requests.h"
#include "server/engine/record.h"
#include "server/engine/spend.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

v1::VerifyResponse VerifyAnswer(const RuleContext& context, const SubjectRecord& record,
                                const std::string& method_id) {
  v1::VerifyResponse response;
  *response.mutable_method() = ShowMethod(context.kinds, record, method_id);
  const int remaining = RemainingBackupCodes(record.backup_codes());
  response.set_backup_codes_remaining(remaining);
  response.set_backup_codes_low(remaining <= context.limits.backup_codes_low);
  return response;
}

}  // namespace

absl::StatusOr<v1::VerifyResponse> DecideVerify(const RuleContext& context, const v1::VerifyRequest& request,
                                                const TypedCode& code, const Evidence& evidence,
                                                Draft& draft) {
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    if (const absl::Status status = RepeatedStatus(**past); !status.ok()) return status;
    draft.method_id = (*past)->method_id();
    return VerifyAnswer(context, draft.record, draft.method_id);
  }
  Scope scope;
  scope.method_id = request.method_id();
  for (const int type : request.allowed_types()) scope.types.push_back(static_cast<v1::MethodType>(type));
  const absl::Status spent = SpendCode(context, scope, code, evidence, draft);
  if (!spent.ok()) return spent;
  if (draft.need.kind != Need::Kind::kNothing) return v1::VerifyResponse();
  if (PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record)) {
    remembered->set_method_id(draft.method_id);
  }
  return VerifyAnswer(context, draft.record, draft.method_id);
}

absl::StatusOr<v1::ResyncMethodResponse> DecideResync(const RuleContext& context,
                                                      const v1::ResyncMethodRequest& request,
                                                      const TypedCode& first, const TypedCode& second,
                                                      Draft& draft) {
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    if (const absl::Status status = RepeatedStatus(**past); !status.ok()) return status;
  } else {
    const absl::Status spent = SpendConsecutiveCodes(context, request.method_id(), first, second, draft);
    if (!spent.ok()) return spent;
    RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record);
  }
  draft.method_id = request.method_id();
  v1::ResyncMethodResponse response;
  *response.mutable_method() = ShowMethod(context.kinds, draft.record, request.method_id());
  return response;
}

}  // namespace twofold
