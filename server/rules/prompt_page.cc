#include "server/rules/prompt_page.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "common/status_macros.h"
#include "crypto/sha256.h"
#include "crypto/system_random.h"
#include "server/errors.h"
#include "server/methods/display_text.h"
#include "server/rules/backup_codes.h"
#include "server/rules/challenge.h"
#include "server/rules/check.h"
#include "server/rules/enroll.h"
#include "server/rules/fields.h"
#include "server/rules/grant.h"
#include "server/rules/grant_record.h"
#include "server/rules/methods.h"
#include "server/rules/prompt.h"
#include "server/rules/prompt_token.h"
#include "server/rules/prompt_view.h"
#include "server/rules/rate_limits.h"
#include "server/rules/record.h"
#include "server/rules/verify.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;
using internal::v1::Prompt;
using internal::v1::PromptToken;

constexpr size_t kSessionSecretSize = 32;

// What the plan knows, for the rule that runs later.
struct Acting {
  PromptToken session;
  v1::ActOnPromptResponse& response;

  const v1::CreatePromptRequest& asked() const { return session.request(); }
  bool IsSignIn() const { return asked().purpose() == v1::PROMPT_PURPOSE_SIGN_IN; }
};

// What happens to the prompt when its action is done. It may refuse, and then nothing has happened.
using Then = absl::AnyInvocable<absl::Status(const RuleContext&, Draft&, Prompt&)>;

// The action that a prompt carries out, as the operation of another call.
struct Action {
  Operation operation;
  // Copies what the user is shown once.
  absl::AnyInvocable<void(v1::ActOnPromptResponse&)> show;
  Then then;
  // It changes methods, so the user must have passed one.
  bool changes_methods = false;
};

// The prompt is over, and its page can lead the browser back.
absl::Status EndedError(const v1::CreatePromptRequest& asked) {
  return PromptEndedError(ReturnTo(asked, "error", "expired"));
}

absl::Status Wrong(absl::string_view why) { return InvalidRequestError("action", why); }

// Whether the prompt admits the type: for a login when the user signs in, else for enrolling.
bool Admits(const v1::CreatePromptRequest& asked, int type) {
  const auto& types = asked.allowed_types();
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

void LeaveOrStay(const RuleContext& context, const internal::v1::SubjectRecord& record, const Prompt& prompt,
                 Acting& acting) {
  if (prompt.state() == Prompt::STATE_SATISFIED) {
    acting.response.set_return_url(
        ReturnTo(acting.asked(), "twofold_code", PromptCode(context.ring, prompt)));
  } else {
    *acting.response.mutable_view() = ShowPrompt(context, record, prompt, acting.asked());
  }
}

void Satisfy(const RuleContext& context, Prompt& prompt) {
  prompt.set_state(Prompt::STATE_SATISFIED);
  prompt.set_key_id(context.ring.primary_key_id());
  prompt.set_code_expire_time(context.now + kPromptCodeLifetime);
}

// Notes with what the user passed.
absl::Status Passed(const RuleContext& context, const Acting& acting, Draft& draft, Prompt& prompt) {
  const internal::v1::Method* const method = FindMethod(draft.record, draft.accepted_id);
  v1::VerifyResponse login;
  const Authenticator* const authenticator =
      method == nullptr ? nullptr : context.authenticators.Find(method->type());
  if (authenticator != nullptr) authenticator->DescribeLogin(*method, login);
  if (acting.asked().require_user_verified() && !login.user_verified()) return CodeRejectedError();
  prompt.set_method_id(draft.accepted_id);
  prompt.set_verify_time(context.now);
  prompt.set_user_verified(login.user_verified());
  return absl::OkStatus();
}

// Notes that the user wants to be remembered. RedeemPrompt makes the grant, so that no token goes through the
// browser's address.
void RememberAfterRedeem(const v1::CreatePromptRequest& asked, const v1::PromptVerify& verify,
                         Prompt& prompt) {
  if (!asked.has_remember() || !MayBeRemembered(prompt.method_id())) return;
  const std::string& given = asked.remember().description();
  prompt.set_remember_seconds(asked.remember().max_age_seconds());
  prompt.set_device_description(given.empty() ? verify.device_description() : given);
}

// An action that is a call of TwoFactorService of its own. `Request` has tenant, user and request id.
template <typename Request, typename Response>
absl::StatusOr<Action> CallOf(const PlanContext& plan, const v1::ActOnPromptRequest& outer,
                              const Acting& acting, Request request,
                              absl::StatusOr<Operation> (*plan_call)(const PlanContext&, const Request&,
                                                                     Response&),
                              void (*show)(const Response&, v1::ActOnPromptResponse&)) {
  struct Call {
    Request request;
    Response response;
  };
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->request.set_tenant(acting.session.tenant());
  call->request.set_user_id(acting.session.user());
  if constexpr (requires { call->request.set_request_id(""); })
    call->request.set_request_id(outer.request_id());
  if constexpr (requires { call->request.set_client_address(""); }) {
    call->request.set_client_address(outer.client_address());
  }
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, plan_call(plan, call->request, call->response));
  Action action{std::move(operation),
                [call, show](v1::ActOnPromptResponse& response) { show(call->response, response); }, nullptr,
                false};
  auto decide = std::make_shared<decltype(action.operation.decide)>(std::move(action.operation.decide));
  action.operation.decide = [call, decide](const RuleContext& context, Draft& draft) {
    call->response.Clear();
    return (*decide)(context, draft);
  };
  return action;
}

template <typename Response>
void ShowNothing(const Response&, v1::ActOnPromptResponse&) {}

absl::StatusOr<Action> PlanVerifyAction(const PlanContext& plan, const v1::ActOnPromptRequest& outer,
                                        const Acting& acting) {
  const v1::PromptVerify& verify = outer.verify();
  TWOFOLD_RETURN_IF_ERROR(
      CheckDisplayText("device_description", verify.device_description(), kMaxDescriptionSize));
  if (acting.IsSignIn()) {
    v1::VerifyRequest request;
    request.set_method_id(verify.method_id());
    if (verify.has_code()) request.set_code(verify.code());
    if (verify.has_webauthn_credential_json()) {
      request.set_webauthn_credential_json(verify.webauthn_credential_json());
    }
    request.set_challenge_id(verify.challenge_id());
    *request.mutable_allowed_types() = acting.asked().allowed_types();
    TWOFOLD_ASSIGN_OR_RETURN(Action action, CallOf(plan, outer, acting, std::move(request), &PlanVerify,
                                                   &ShowNothing<v1::VerifyResponse>));
    action.then = [acting, &verify](const RuleContext& context, Draft& draft, Prompt& prompt) {
      TWOFOLD_RETURN_IF_ERROR(Passed(context, acting, draft, prompt));
      if (verify.remember()) RememberAfterRedeem(acting.asked(), verify, prompt);
      Satisfy(context, prompt);
      return absl::OkStatus();
    };
    return action;
  }
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, outer, acting.session.tenant(), acting.session.user(),
                                        outer.request_id(), acting.response));
  const AnswerFields fields{"code", verify.code(), verify.has_webauthn_credential_json(),
                            verify.webauthn_credential_json(), verify.challenge_id()};
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<Presented> proof,
                           PlanProof(plan, fields, outer.client_address(), operation));
  if (!proof.has_value()) return MalformedCodeError("code", "is missing");
  operation.decide = [proof = std::move(proof)](const RuleContext& context, Draft& draft) {
    RuleContext unproven = context;
    unproven.has_proof = false;
    return ConsumeProof(unproven, proof, draft);
  };
  operation.repeat = [](const RuleContext&, const PastRequest&, const Draft&) {
    return OrWork<absl::Status>(absl::OkStatus());
  };
  Action action{std::move(operation), [](v1::ActOnPromptResponse&) {}, nullptr, false};
  action.then = [acting](const RuleContext& context, Draft& draft, Prompt& prompt) {
    TWOFOLD_RETURN_IF_ERROR(Passed(context, acting, draft, prompt));
    prompt.set_state(Prompt::STATE_PROVEN);
    return absl::OkStatus();
  };
  return action;
}

absl::StatusOr<Action> PlanChallengeAction(const PlanContext& plan, const v1::ActOnPromptRequest& outer,
                                           const Acting& acting) {
  v1::StartChallengeRequest request;
  request.set_method_id(outer.challenge().method_id());
  for (const int type : outer.challenge().allowed_types()) {
    if (acting.IsSignIn() && !Admits(acting.asked(), type)) return Wrong("is of a type that is not allowed");
    request.add_allowed_types(static_cast<v1::MethodType>(type));
  }
  if (acting.IsSignIn() && request.allowed_types().empty()) {
    *request.mutable_allowed_types() = acting.asked().allowed_types();
  }
  request.set_challenge_id(outer.challenge().challenge_id());
  request.set_for_change(!acting.IsSignIn());
  return CallOf(
      plan, outer, acting, std::move(request), &PlanStartChallenge,
      +[](const v1::StartChallengeResponse& started, v1::ActOnPromptResponse& response) {
        *response.mutable_challenge() = started;
      });
}

absl::StatusOr<Action> PlanEnrollAction(const PlanContext& plan, const v1::ActOnPromptRequest& outer,
                                        const Acting& acting) {
  const v1::MethodType type =
      outer.enroll().type() == v1::METHOD_TYPE_UNSPECIFIED ? v1::METHOD_TYPE_TOTP : outer.enroll().type();
  if (!Admits(acting.asked(), type)) return Wrong("is of a type that is not allowed");
  v1::EnrollRequest request;
  request.set_type(type);
  request.set_description(outer.enroll().description());
  request.set_phone_number(outer.enroll().phone_number());
  request.set_email(outer.enroll().email());
  request.set_account_name(acting.asked().account_name());
  if (type == v1::METHOD_TYPE_TOTP) {
    request.set_issuer(acting.asked().display_name());
    request.set_qr_format(v1::QR_FORMAT_SVG);
  }
  TWOFOLD_ASSIGN_OR_RETURN(Action action,
                           CallOf(
                               plan, outer, acting, std::move(request), &PlanEnroll,
                               +[](const v1::EnrollResponse& enrolled, v1::ActOnPromptResponse& response) {
                                 *response.mutable_enrolled() = enrolled;
                               }));
  action.changes_methods = true;
  return action;
}

absl::StatusOr<Action> PlanConfirmAction(const PlanContext& plan, const v1::ActOnPromptRequest& outer,
                                         const Acting& acting) {
  const std::string& description = outer.confirm().description();
  TWOFOLD_RETURN_IF_ERROR(CheckDescription(description));
  v1::ConfirmEnrollmentRequest request;
  request.set_method_id(outer.confirm().method_id());
  if (outer.confirm().has_code()) request.set_code(outer.confirm().code());
  if (outer.confirm().has_webauthn_credential_json()) {
    request.set_webauthn_credential_json(outer.confirm().webauthn_credential_json());
  }
  TWOFOLD_ASSIGN_OR_RETURN(Action action, CallOf(
                                              plan, outer, acting, std::move(request), &PlanConfirmEnrollment,
                                              +[](const v1::ConfirmEnrollmentResponse& confirmed,
                                                  v1::ActOnPromptResponse& response) {
                                                *response.mutable_backup_codes() = confirmed.backup_codes();
                                              }));
  action.changes_methods = true;
  action.then = [description, acting](const RuleContext&, Draft& draft, Prompt& prompt) {
    internal::v1::Method* const method = FindMethod(draft.record, draft.method_id);
    if (method == nullptr) return MethodNotFoundError();
    // The enrolment may have begun outside this prompt.
    if (!Admits(acting.asked(), method->type())) return Wrong("is of a type that is not allowed");
    if (!description.empty()) method->set_description(description);
    prompt.add_enrolled_method_ids(draft.method_id);
    // Who confirms the first method has just shown it.
    prompt.set_state(Prompt::STATE_PROVEN);
    return absl::OkStatus();
  };
  return action;
}

absl::StatusOr<Action> PlanManageAction(const PlanContext& plan, const v1::ActOnPromptRequest& outer,
                                        const Acting& acting) {
  absl::StatusOr<Action> action = Wrong("is missing");
  if (outer.has_update()) {
    v1::UpdateMethodRequest request;
    request.set_method_id(outer.update().method_id());
    if (outer.update().has_description()) {
      request.set_description(outer.update().description());
      request.mutable_update_mask()->add_paths("description");
    }
    if (outer.update().has_preferred()) {
      request.set_preferred(outer.update().preferred());
      request.mutable_update_mask()->add_paths("preferred");
    }
    action = CallOf(plan, outer, acting, std::move(request), &PlanUpdateMethod,
                    &ShowNothing<v1::UpdateMethodResponse>);
  } else if (outer.has_delete_()) {
    v1::DeleteMethodRequest request;
    request.set_method_id(outer.delete_().method_id());
    action = CallOf(plan, outer, acting, std::move(request), &PlanDeleteMethod,
                    &ShowNothing<v1::DeleteMethodResponse>);
  } else if (outer.has_rotate_backup_codes()) {
    action = CallOf(
        plan, outer, acting, v1::RotateBackupCodesRequest(), &PlanRotateBackupCodes,
        +[](const v1::RotateBackupCodesResponse& rotated, v1::ActOnPromptResponse& response) {
          *response.mutable_backup_codes() = rotated.backup_codes();
        });
  } else if (outer.has_revoke_grants()) {
    v1::RevokeGrantsRequest request;
    request.set_grant_id(outer.revoke_grants().grant_id());
    action = CallOf(plan, outer, acting, std::move(request), &PlanRevokeGrants,
                    &ShowNothing<v1::RevokeGrantsResponse>);
  } else if (outer.has_delete_backup_codes()) {
    action = CallOf(plan, outer, acting, v1::DeleteBackupCodesRequest(), &PlanDeleteBackupCodes,
                    &ShowNothing<v1::DeleteBackupCodesResponse>);
  }
  if (action.ok()) action->changes_methods = true;
  return action;
}

// The user is done.
absl::StatusOr<Action> PlanFinishAction(const PlanContext& plan, const v1::ActOnPromptRequest& outer,
                                        const Acting& acting) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, outer, acting.session.tenant(), acting.session.user(),
                                        outer.request_id(), acting.response));
  operation.decide = [](const RuleContext&, Draft& draft) {
    draft.answered.emplace();
    draft.changed = true;
    return OrWork<absl::Status>(absl::OkStatus());
  };
  operation.repeat = [](const RuleContext&, const PastRequest&, const Draft&) {
    return OrWork<absl::Status>(absl::OkStatus());
  };
  Action action{std::move(operation), [](v1::ActOnPromptResponse&) {}, nullptr, false};
  action.then = [acting](const RuleContext& context, Draft& draft, Prompt& prompt) {
    const bool enrolls = acting.asked().purpose() == v1::PROMPT_PURPOSE_ENROLL;
    if (enrolls && prompt.enrolled_method_ids().empty()) return MethodStateError("nothing was enrolled");
    if (NeedsProof(draft.record, prompt)) return ProofRequiredError();
    Satisfy(context, prompt);
    return absl::OkStatus();
  };
  return action;
}

absl::StatusOr<Action> PlanAction(const PlanContext& plan, const v1::ActOnPromptRequest& request,
                                  const Acting& acting) {
  if (request.has_verify()) return PlanVerifyAction(plan, request, acting);
  if (request.has_challenge()) return PlanChallengeAction(plan, request, acting);
  if (acting.IsSignIn()) return Wrong("is not part of signing in");
  if (request.has_enroll()) return PlanEnrollAction(plan, request, acting);
  if (request.has_confirm()) return PlanConfirmAction(plan, request, acting);
  if (request.has_finish()) return PlanFinishAction(plan, request, acting);
  // New emergency codes belong to enrolling, because a page that was loaded again has lost the first ones.
  const bool enrolls = acting.asked().purpose() == v1::PROMPT_PURPOSE_ENROLL;
  if (enrolls && !request.has_rotate_backup_codes()) return Wrong("is not part of enrolling");
  return PlanManageAction(plan, request, acting);
}

OrWork<absl::Status> Act(const RuleContext& context, Acting& acting, Action& action,
                         decltype(Operation::decide)& inner, Draft& draft) {
  const Prompt* const open = FindOpenPrompt(draft.record, acting.session, context.now);
  if (open == nullptr) return EndedError(acting.asked());
  if (action.changes_methods && NeedsProof(draft.record, *open)) return ProofRequiredError();
  RuleContext proven = context;
  proven.has_proof = open->state() == Prompt::STATE_PROVEN;
  TWOFOLD_RETURN_UNLESS_OK(inner(proven, draft));
  Prompt& prompt = *FindPrompt(draft.record, acting.session.prompt_id());
  if (action.then) {
    const absl::Status goes_on = action.then(context, draft, prompt);
    if (!goes_on.ok()) return goes_on;
    draft.changed = true;
  }
  action.show(acting.response);
  LeaveOrStay(context, draft.record, prompt, acting);
  return absl::OkStatus();
}

// The same answer again. The prompt may have been satisfied by the call that is repeated.
OrWork<absl::Status> Repeat(const RuleContext& context, Acting& acting, Action& action,
                            decltype(Operation::repeat)& inner, const PastRequest& past, const Draft& draft) {
  TWOFOLD_RETURN_UNLESS_OK(inner(context, past, draft));
  for (const Prompt& prompt : draft.record.prompts()) {
    if (prompt.prompt_id() != acting.session.prompt_id() ||
        prompt.session_digest() != Sha256(acting.session.session_secret())) {
      continue;
    }
    action.show(acting.response);
    LeaveOrStay(context, draft.record, prompt, acting);
    return absl::OkStatus();
  }
  return EndedError(acting.asked());
}

absl::StatusOr<Operation> PlanCancel(const PlanContext& plan, const v1::ActOnPromptRequest& request,
                                     const Acting& acting) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, acting.session.tenant(),
                                                             acting.session.user(), "", acting.response));
  const char* const why = request.cancel().lost_all_methods() ? "lost_all_methods" : "cancelled";
  operation.decide = [acting, why](const RuleContext& context, Draft& draft) -> OrWork<absl::Status> {
    if (FindOpenPrompt(draft.record, acting.session, context.now) == nullptr) {
      return EndedError(acting.asked());
    }
    RemovePrompt(draft.record, acting.session.prompt_id());
    draft.changed = true;
    acting.response.set_return_url(ReturnTo(acting.asked(), "error", why));
    return absl::OkStatus();
  };
  return operation;
}

}  // namespace

absl::StatusOr<Operation> PlanOpenPrompt(const PlanContext& plan, const v1::OpenPromptRequest& request,
                                         v1::OpenPromptResponse& response) {
  std::optional<PromptToken> link = OpenPromptLink(*plan.keys->ring, request.token());
  if (!link.has_value()) return PromptNotFoundError();
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, request, link->tenant(), link->user(), "", response));
  TWOFOLD_ASSIGN_OR_RETURN(const ClientAddress address, CheckClientAddress(request.client_address()));
  operation.client_address = address.network;
  operation.buckets = WriteBuckets(plan.limits, operation.subject, address);
  PromptToken session = *std::move(link);
  session.set_session_secret(RandomBytes(plan.random, kSessionSecretSize));
  operation.decide = [&response, session = std::move(session)](const RuleContext& context,
                                                               Draft& draft) -> OrWork<absl::Status> {
    Prompt* const prompt = FindPrompt(draft.record, session.prompt_id());
    if (prompt == nullptr || prompt->state() != Prompt::STATE_CREATED) return EndedError(session.request());
    prompt->set_state(Prompt::STATE_OPENED);
    prompt->set_session_digest(Sha256(session.session_secret()));
    draft.changed = true;
    response.set_session(SealPromptToken(context.ring, context.random, session));
    *response.mutable_view() = ShowPrompt(context, draft.record, *prompt, session.request());
    return absl::OkStatus();
  };
  return operation;
}

absl::StatusOr<Operation> PlanGetPrompt(const PlanContext& plan, const v1::GetPromptRequest& request,
                                        v1::GetPromptResponse& response) {
  const std::optional<PromptToken> session = OpenPromptToken(*plan.keys->ring, request.session());
  if (!session.has_value()) return PromptNotFoundError();
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, request, session->tenant(), session->user(), "", response));
  operation.decide = [&response, session = *session](const RuleContext& context,
                                                     Draft& draft) -> OrWork<absl::Status> {
    draft.changed = false;
    const Prompt* const prompt = FindOpenPrompt(draft.record, session, context.now);
    if (prompt == nullptr) return EndedError(session.request());
    *response.mutable_view() = ShowPrompt(context, draft.record, *prompt, session.request());
    return absl::OkStatus();
  };
  return operation;
}

absl::StatusOr<Operation> PlanActOnPrompt(const PlanContext& plan, const v1::ActOnPromptRequest& request,
                                          v1::ActOnPromptResponse& response) {
  std::optional<PromptToken> session = OpenPromptToken(*plan.keys->ring, request.session());
  if (!session.has_value()) return PromptNotFoundError();
  Acting acting{*std::move(session), response};
  if (request.has_cancel()) return PlanCancel(plan, request, acting);
  TWOFOLD_ASSIGN_OR_RETURN(Action planned, PlanAction(plan, request, acting));
  auto action = std::make_shared<Action>(std::move(planned));
  Operation operation = std::move(action->operation);
  operation.response = &response;
  auto inner = std::make_shared<decltype(operation.decide)>(std::move(operation.decide));
  auto inner_repeat = std::make_shared<decltype(operation.repeat)>(std::move(operation.repeat));
  operation.decide = [acting, action, inner](const RuleContext& context, Draft& draft) mutable {
    return Act(context, acting, *action, *inner, draft);
  };
  operation.repeat = [acting, action, inner_repeat](const RuleContext& context, const PastRequest& past,
                                                    const Draft& draft) mutable {
    return Repeat(context, acting, *action, *inner_repeat, past, draft);
  };
  return operation;
}

}  // namespace twofold
