#include "server/rules/challenge.h"

#include <algorithm>

#include "common/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "server/errors.h"
#include "server/methods/challenge.h"
#include "server/rules/delivery.h"
#include "server/rules/lockout.h"
#include "server/rules/rate_limits.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::ChallengeToken;
using internal::v1::Method;
using internal::v1::SubjectRecord;

// What the plan knows, for the rule that runs later.
struct Asked {
  const v1::StartChallengeRequest& request;
  std::string caller;
  SendContext send;

  ChallengeToken::Ceremony ceremony() const {
    return request.for_change() ? ChallengeToken::CEREMONY_PROOF : ChallengeToken::CEREMONY_LOGIN;
  }
};

bool Allows(const v1::StartChallengeRequest& request, const Method& method) {
  if (!request.method_id().empty() && request.method_id() != method.method_id()) return false;
  const auto& types = request.allowed_types();
  return types.empty() || std::find(types.begin(), types.end(), method.type()) != types.end();
}

bool CanAnswer(const RuleContext& context, const v1::StartChallengeRequest& request, const Method& method) {
  const Authenticator* const authenticator = context.authenticators.Find(method.type());
  if (authenticator == nullptr || method.state() != v1::METHOD_STATE_ACTIVE) return false;
  // A restricted method is no proof for a change.
  const bool wanted = Allows(request, method) && !(request.for_change() && authenticator->restricted());
  return wanted && authenticator->needs_challenge();
}

// The methods of one type that can answer, the default one first.
std::vector<const Method*> MethodsThatCanAnswer(const RuleContext& context,
                                                const v1::StartChallengeRequest& request,
                                                const SubjectRecord& record) {
  std::vector<const Method*> methods;
  for (const Method* method : MethodsInOrder(record)) {
    if (!CanAnswer(context, request, *method)) continue;
    if (methods.empty() || methods.front()->type() == method->type()) methods.push_back(method);
  }
  return methods;
}

// The message with a code. A lock would make the code useless.
absl::Status SendCode(const RuleContext& context, const Asked& asked, const Method& method,
                      const ChallengeToken* token, Draft& draft, v1::StartChallengeResponse& response) {
  const LockState lock = LockStateOf(context.limits, draft.record.budget(), context.now);
  if (lock.locked) {
    draft.cause = lock.permanent ? Cause::kPermanentLock : Cause::kLocked;
    return LockError(lock, context.now);
  }
  const Authenticator& authenticator = *context.authenticators.Find(method.type());
  TWOFOLD_ASSIGN_OR_RETURN(OutgoingCode outgoing, authenticator.Outgoing(context, method, token));
  *response.mutable_expire_time() = TimeUtil::MillisecondsToTimestamp(outgoing.message.expire_time);
  response.mutable_sent()->set_masked_destination(method.sent_code().masked_destination());
  return PlanDelivery(context, asked.send, std::move(outgoing), *response.mutable_sent(), draft);
}

absl::Status StartNew(const RuleContext& context, const Asked& asked, Draft& draft,
                      v1::StartChallengeResponse& response) {
  const std::vector<const Method*> methods = MethodsThatCanAnswer(context, asked.request, draft.record);
  if (methods.empty()) return MethodNotFoundError();
  const Method& first = *methods.front();
  const Authenticator& authenticator = *context.authenticators.Find(first.type());
  ChallengeToken token;
  token.set_caller(asked.caller);
  token.set_ceremony(asked.ceremony());
  token.set_type(first.type());
  for (const Method* method : methods) token.add_method_ids(method->method_id());
  token.set_issue_time(context.now);
  token.set_expire_time(context.now + (authenticator.sends_codes() ? kSentCodeLifetime : kChallengeLifetime));
  TWOFOLD_RETURN_IF_ERROR(authenticator.Challenge(context, methods, token, response));
  response.set_challenge_id(SealChallenge(context, token));
  response.set_type(token.type());
  *response.mutable_expire_time() = TimeUtil::MillisecondsToTimestamp(token.expire_time());
  draft.method_id = first.method_id();
  if (!authenticator.sends_codes()) return absl::OkStatus();
  return SendCode(context, asked, first, &token, draft, response);
}

// The code of an earlier challenge again, as long as it can be answered.
absl::Status SendAgain(const RuleContext& context, const Asked& asked, Draft& draft,
                       v1::StartChallengeResponse& response) {
  const std::string& challenge_id = asked.request.challenge_id();
  const ChallengeToken token = OpenChallenge(context, asked.caller, asked.ceremony(), challenge_id);
  for (const Method& method : draft.record.methods()) {
    const Authenticator* const authenticator = context.authenticators.Find(method.type());
    const bool sends = authenticator != nullptr && authenticator->sends_codes();
    if (!sends || method.state() != v1::METHOD_STATE_ACTIVE || !Allows(asked.request, method)) continue;
    if (WhyUnanswerable(context, token, method).has_value()) continue;
    response.set_challenge_id(challenge_id);
    response.set_type(method.type());
    draft.method_id = method.method_id();
    return SendCode(context, asked, method, &token, draft, response);
  }
  return InvalidRequestError("challenge_id", "names no sent code of this user that can still be used");
}

// The code that confirms a pending method again.
absl::Status SendConfirmation(const RuleContext& context, const Asked& asked, const Method& method,
                              Draft& draft, v1::StartChallengeResponse& response) {
  if (!asked.request.for_change()) {
    return InvalidRequestError("for_change", "must be set, because the method is not confirmed yet");
  }
  response.set_type(method.type());
  draft.method_id = method.method_id();
  return SendCode(context, asked, method, nullptr, draft, response);
}

absl::Status Start(const RuleContext& context, const Asked& asked, Draft& draft,
                   v1::StartChallengeResponse& response) {
  draft.changed = false;
  if (!asked.request.challenge_id().empty()) return SendAgain(context, asked, draft, response);
  const Method* const named = FindMethod(draft.record, asked.request.method_id());
  if (named != nullptr && named->state() == v1::METHOD_STATE_PENDING) {
    const Authenticator* const authenticator = context.authenticators.Find(named->type());
    if (authenticator != nullptr && authenticator->sends_codes()) {
      return SendConfirmation(context, asked, *named, draft, response);
    }
  }
  return StartNew(context, asked, draft, response);
}

}  // namespace

absl::StatusOr<Operation> PlanStartChallenge(const PlanContext& plan,
                                             const v1::StartChallengeRequest& request,
                                             v1::StartChallengeResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, request, request.tenant(), request.user_id(), "", response));
  if (!request.method_id().empty()) TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  TWOFOLD_RETURN_IF_ERROR(CheckAllowedTypes(request.allowed_types()));
  TWOFOLD_ASSIGN_OR_RETURN(const ClientAddress address, CheckClientAddress(request.client_address()));
  operation.client_address = address.network;
  operation.buckets = ChallengeBuckets(plan.limits, operation.subject, address);
  Asked asked{request, std::string(plan.caller), {address, plan.rights.may_receive_codes}};
  operation.decide = [&response, asked = std::move(asked)](const RuleContext& context, Draft& draft) {
    return OrWork<absl::Status>(Start(context, asked, draft, response));
  };
  return operation;
}

}  // namespace twofold
