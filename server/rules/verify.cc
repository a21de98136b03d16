#include "server/rules/verify.h"

#include "common/status_macros.h"
#include "server/errors.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/rules/check.h"
#include "server/rules/grant_record.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;

Scope ScopeOf(const v1::VerifyRequest& request) {
  Scope scope;
  scope.method_id = request.method_id();
  for (const int type : request.allowed_types()) scope.types.push_back(static_cast<v1::MethodType>(type));
  return scope;
}

// draft.method_id names the method that accepted.
absl::Status Show(const RuleContext& context, const Draft& draft, v1::VerifyResponse& response) {
  *response.mutable_method() = ShowMethod(context.authenticators, draft.record, draft.method_id);
  const int remaining = RemainingBackupCodes(FindBackupCodes(draft.record));
  response.set_backup_codes_remaining(remaining);
  response.set_backup_codes_low(remaining <= context.limits.backup_codes_low);
  const internal::v1::Method* const method = FindMethod(draft.record, draft.method_id);
  const Authenticator* const authenticator =
      method == nullptr ? nullptr : context.authenticators.Find(method->type());
  if (authenticator != nullptr) authenticator->DescribeLogin(*method, response);
  return absl::OkStatus();
}

// Makes the grant that the request asks for.
void Remember(const RuleContext& context, const std::string& caller, const v1::VerifyRequest& request,
              Draft& draft, v1::VerifyResponse& response) {
  // A login that was accepted has an answer.
  if (!request.has_remember() || !MayBeRemembered(draft.accepted_id) || !draft.answered.has_value()) return;
  v1::NewGrant& grant = *response.mutable_new_grant();
  grant = AddGrant(context, caller, request.remember(), draft.accepted_id, draft.record);
  draft.grant_id = grant.grant().grant_id();
  RememberGrant(context, grant, *draft.answered);
}

absl::Status Show(const RuleContext& context, const Draft& draft, v1::ResyncMethodResponse& response) {
  *response.mutable_method() = ShowMethod(context.authenticators, draft.record, draft.method_id);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Operation> PlanVerify(const PlanContext& plan, const v1::VerifyRequest& request,
                                     v1::VerifyResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  const AnswerFields fields{"code", request.code(), request.has_webauthn_credential_json(),
                            request.webauthn_credential_json(), request.challenge_id()};
  TWOFOLD_ASSIGN_OR_RETURN(Presented presented, ReadLogin(plan, operation.subject, fields));
  if (!request.method_id().empty()) TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  TWOFOLD_RETURN_IF_ERROR(CheckAllowedTypes(request.allowed_types()));
  if (request.has_remember()) TWOFOLD_RETURN_IF_ERROR(CheckRemember(request.remember()));
  TWOFOLD_RETURN_IF_ERROR(LimitPresented(plan, presented, request.client_address(), operation));
  operation.decide = [&request, &response, presented = std::move(presented),
                      caller = std::string(plan.caller)](const RuleContext& context,
                                                         Draft& draft) -> OrWork<absl::Status> {
    TWOFOLD_RETURN_UNLESS_OK(ConsumePresented(context, ScopeOf(request), presented, draft));
    Remember(context, caller, request, draft, response);
    return Show(context, draft, response);
  };
  operation.repeat = [&response](const RuleContext& context, const PastRequest& past,
                                 const Draft& draft) -> OrWork<absl::Status> {
    absl::StatusOr<std::optional<v1::NewGrant>> grant = RepeatGrant(context, past, draft.record);
    if (!grant.ok()) return grant.status();
    if (grant->has_value()) *response.mutable_new_grant() = **std::move(grant);
    return Show(context, draft, response);
  };
  return operation;
}

absl::StatusOr<Operation> PlanResyncMethod(const PlanContext& plan, const v1::ResyncMethodRequest& request,
                                           v1::ResyncMethodResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  if (request.codes_size() != 2) return InvalidRequestError("codes", "must be two consecutive codes");
  TWOFOLD_ASSIGN_OR_RETURN(OtpCode first, CheckOtpCode("codes[0]", request.codes(0)));
  TWOFOLD_ASSIGN_OR_RETURN(OtpCode second, CheckOtpCode("codes[1]", request.codes(1)));
  Presented presented = ConsecutiveCodes{std::move(first.digits), std::move(second.digits)};
  TWOFOLD_RETURN_IF_ERROR(LimitPresented(plan, presented, request.client_address(), operation));
  operation.decide = [&request, &response, presented = std::move(presented)](
                         const RuleContext& context, Draft& draft) -> OrWork<absl::Status> {
    Scope scope;
    scope.method_id = request.method_id();
    TWOFOLD_RETURN_UNLESS_OK(ConsumePresented(context, scope, presented, draft));
    return Show(context, draft, response);
  };
  operation.repeat = [&response](const RuleContext& context, const PastRequest&, const Draft& draft) {
    return OrWork<absl::Status>(Show(context, draft, response));
  };
  return operation;
}

}  // namespace twofold
