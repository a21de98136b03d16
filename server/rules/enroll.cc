#include "server/rules/enroll.h"

#include <algorithm>

#include "common/status_macros.h"
#include "crypto/random_id.h"
#include "google/protobuf/util/time_util.h"
#include "server/errors.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/rules/check.h"
#include "server/rules/delivery.h"
#include "server/rules/idempotency.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::Method;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

// The pending method that a request asks for, as long as nothing is known of the subject.
absl::StatusOr<Method> NewMethod(const PlanContext& plan, const Subject& subject,
                                 const v1::EnrollRequest& request) {
  TWOFOLD_RETURN_IF_ERROR(CheckDescription(request.description()));
  const v1::MethodType type =
      request.type() == v1::METHOD_TYPE_UNSPECIFIED ? v1::METHOD_TYPE_TOTP : request.type();
  const Authenticator* const authenticator = plan.authenticators.Find(type);
  if (authenticator == nullptr) return InvalidRequestError("type", "is no type that this server enrolls");
  Method method;
  method.set_method_id(RandomId(plan.random));
  method.set_type(type);
  method.set_state(v1::METHOD_STATE_PENDING);
  method.set_description(request.description());
  method.set_create_time(plan.now);
  method.set_expire_time(plan.now + plan.limits.pending_ttl_ms);
  const WorkResults none;
  const MethodContext context{*plan.keys->ring, plan.random, subject, plan.now, none};
  TWOFOLD_RETURN_IF_ERROR(authenticator->Enroll(context, request, method));
  return method;
}

// One secret in two methods would let one code log in twice.
absl::Status CheckNotThere(const RuleContext& context, const SubjectRecord& record, const Method& method) {
  const Authenticator& authenticator = *context.authenticators.Find(method.type());
  for (const Method& other : record.methods()) {
    TWOFOLD_ASSIGN_OR_RETURN(const bool shares, authenticator.SharesSecret(context, method, other));
    if (shares) return DuplicateSecretError();
  }
  return absl::OkStatus();
}

// A restricted method needs a stronger one beside it (NIST SP 800-63B-4 section 3.2.9).
absl::Status CheckMayStand(const RuleContext& context, const SubjectRecord& record, const Method& method) {
  if (context.limits.restricted_alone || !IsRestricted(context.authenticators, method)) {
    return absl::OkStatus();
  }
  const bool has_stronger = CountUnrestricted(context.authenticators, record, v1::METHOD_STATE_ACTIVE) > 0;
  return has_stronger ? absl::OkStatus() : NoDeviceError();
}

OrWork<absl::Status> Show(const RuleContext& context, const v1::EnrollRequest& request, const Method& method,
                          v1::EnrollResponse& response) {
  *response.mutable_method() = ShowMethod(context.authenticators, method);
  *response.mutable_expire_time() = TimeUtil::MillisecondsToTimestamp(method.expire_time());
  const Authenticator* const authenticator = context.authenticators.Find(method.type());
  if (authenticator == nullptr) return RecordCorruptError();
  return authenticator->ShowOnce(context, method, request, response);
}

// What a subject with a confirmed device must bring.
OrWork<absl::Status> CheckMayAdd(const RuleContext& context, const v1::EnrollRequest& request,
                                 const Method& method, const std::optional<Presented>& proof, Draft& draft) {
  if (!proof.has_value() && !context.has_proof) return ProofRequiredError();
  if (CountDevices(draft.record) >= context.limits.max_devices) {
    return TooManyMethodsError(context.limits.max_devices);
  }
  if (request.import_case() != v1::EnrollRequest::IMPORT_NOT_SET) {
    const absl::Status is_new = CheckNotThere(context, draft.record, method);
    if (!is_new.ok()) return is_new;
  }
  return ConsumeProof(context, proof, draft);
}

// The code that confirms the method, if its type sends one.
absl::Status Send(const RuleContext& context, const SendContext& send, const Method& method, Draft& draft,
                  v1::EnrollResponse& response) {
  const Authenticator& authenticator = *context.authenticators.Find(method.type());
  if (!authenticator.sends_codes()) return absl::OkStatus();
  TWOFOLD_ASSIGN_OR_RETURN(OutgoingCode outgoing, authenticator.Outgoing(context, method, nullptr));
  return PlanDelivery(context, send, std::move(outgoing), *response.mutable_sent(), draft);
}

// Shows it once more to a caller that sends it. It is not sent again.
absl::Status ShowSentAgain(const RuleContext& context, const SendContext& send, const Method& method,
                           v1::EnrollResponse& response) {
  const Authenticator& authenticator = *context.authenticators.Find(method.type());
  if (!authenticator.sends_codes()) return absl::OkStatus();
  TWOFOLD_ASSIGN_OR_RETURN(const OutgoingCode outgoing, authenticator.Outgoing(context, method, nullptr));
  return ShowCodeAgain(send, outgoing, *response.mutable_sent());
}

OrWork<absl::Status> Enroll(const RuleContext& context, const v1::EnrollRequest& request,
                            const SendContext& send, Method method, const std::optional<Presented>& proof,
                            Draft& draft, v1::EnrollResponse& response) {
  const absl::Status may_stand = CheckMayStand(context, draft.record, method);
  if (!may_stand.ok()) return may_stand;
  if (HasConfirmedDevice(draft.record)) {
    TWOFOLD_RETURN_UNLESS_OK(CheckMayAdd(context, request, method, proof, draft));
    method.set_proven(true);
  } else {
    // Before the first device there is at most one pending one, and the new one replaces it.
    draft.record.clear_methods();
  }
  context.authenticators.Find(method.type())->Join(context, method);
  TWOFOLD_RETURN_UNLESS_OK(Show(context, request, method, response));
  const absl::Status sent = Send(context, send, method, draft, response);
  if (!sent.ok()) return sent;
  draft.method_id = method.method_id();
  *draft.record.add_methods() = std::move(method);
  draft.answered.emplace();
  draft.changed = true;
  return absl::OkStatus();
}

// The same response again, for as long as the enrolment is under way.
OrWork<absl::Status> RepeatEnroll(const RuleContext& context, const v1::EnrollRequest& request,
                                  const SendContext& send, const Draft& draft, v1::EnrollResponse& response) {
  const Method* method = FindMethod(draft.record, draft.method_id);
  if (method == nullptr) return MethodNotFoundError();
  if (method->state() != v1::METHOD_STATE_PENDING)
    return MethodStateError("the enrolment is confirmed already");
  TWOFOLD_RETURN_UNLESS_OK(Show(context, request, *method, response));
  return ShowSentAgain(context, send, *method, response);
}

// Two methods that the same device or destination answers for would be one.
bool HasTwin(const RuleContext& context, const SubjectRecord& record, const Method& method) {
  const Authenticator& authenticator = *context.authenticators.Find(method.type());
  return std::any_of(record.methods().begin(), record.methods().end(), [&](const Method& other) {
    if (&other == &method || !IsConfirmed(other)) return false;
    const absl::StatusOr<bool> shares = authenticator.SharesSecret(context, method, other);
    return shares.ok() && *shares;
  });
}

// The answer as the type of the pending method takes it. A sent code confirms without a challenge.
absl::StatusOr<Presented> AnswerFor(const RuleContext& context, const Method& method,
                                    const Presented& presented) {
  const Authenticator* const authenticator = context.authenticators.Find(method.type());
  if (authenticator == nullptr) return RecordCorruptError();
  if (authenticator->Takes(presented)) return presented;
  const auto* const code = std::get_if<OtpCode>(&presented);
  Presented sent = SentCode{code == nullptr ? "" : code->digits, {}};
  if (code != nullptr && authenticator->Takes(sent)) return sent;
  return InvalidRequestError(code == nullptr ? "webauthn_credential_json" : "code",
                             "does not fit the type of this method");
}

OrWork<absl::Status> Confirm(const RuleContext& context, const std::string& method_id,
                             const Presented& presented, Draft& draft,
                             v1::ConfirmEnrollmentResponse& response) {
  Method* method = FindMethod(draft.record, method_id);
  if (method == nullptr || !IsDevice(*method)) return MethodNotFoundError();
  if (method->state() != v1::METHOD_STATE_PENDING) return MethodStateError("the method is not pending");
  const absl::Status may_stand = CheckMayStand(context, draft.record, *method);
  if (!may_stand.ok()) return may_stand;
  const absl::StatusOr<Presented> answer = AnswerFor(context, *method, presented);
  if (!answer.ok()) return answer.status();
  TWOFOLD_RETURN_UNLESS_OK(ConsumeConfirmation(context, *method, *answer, draft));
  if (HasTwin(context, draft.record, *method)) return DuplicateSecretError();
  const bool is_first = !HasConfirmedDevice(draft.record);
  method->set_state(v1::METHOD_STATE_ACTIVE);
  method->set_confirm_time(context.now);
  method->clear_expire_time();
  if (is_first) {
    OrWork<internal::v1::NewBackupCodes> made = MakeBackupCodes(context, context.limits.backup_codes);
    if (made.needs_work()) return std::move(made).work();
    const internal::v1::NewBackupCodes& codes = made.value();
    RemoveUnprovenPending(draft.record);
    *draft.record.add_methods() = NewBackupCodeSet(context, codes.hashes());
    *response.mutable_backup_codes() = codes.codes();
    SealCodes(context, codes.codes(), draft.answered.emplace());
  }
  *response.mutable_method() = ShowMethod(context.authenticators, draft.record, method_id);
  return absl::OkStatus();
}

OrWork<absl::Status> RepeatConfirm(const RuleContext& context, const PastRequest& past, const Draft& draft,
                                   v1::ConfirmEnrollmentResponse& response) {
  absl::StatusOr<internal::v1::CodeList> codes = OpenCodes(context, past);
  if (!codes.ok()) return codes.status();
  *response.mutable_method() = ShowMethod(context.authenticators, draft.record, draft.method_id);
  *response.mutable_backup_codes() = codes->codes();
  return absl::OkStatus();
}

absl::StatusOr<Presented> ReadConfirmation(const v1::ConfirmEnrollmentRequest& request) {
  if (request.has_webauthn_credential_json()) {
    absl::StatusOr<RegistrationCredential> credential =
        ParseRegistrationCredential(request.webauthn_credential_json());
    if (credential.ok()) return Presented(Registration{*std::move(credential)});
    return InvalidRequestError("webauthn_credential_json", credential.status().message());
  }
  TWOFOLD_ASSIGN_OR_RETURN(OtpCode code, CheckOtpCode("code", request.code()));
  return Presented(std::move(code));
}

}  // namespace

absl::StatusOr<Operation> PlanEnroll(const PlanContext& plan, const v1::EnrollRequest& request,
                                     v1::EnrollResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_ASSIGN_OR_RETURN(Method method, NewMethod(plan, operation.subject, request));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<Presented> proof, PlanProof(plan, request, operation));
  TWOFOLD_ASSIGN_OR_RETURN(ClientAddress address, CheckClientAddress(request.client_address()));
  const SendContext send{std::move(address), plan.rights.may_receive_codes};
  operation.decide = [&request, &response, send, method = std::move(method), proof = std::move(proof)](
                         const RuleContext& context, Draft& draft) {
    return Enroll(context, request, send, method, proof, draft, response);
  };
  operation.repeat = [&request, &response, send](const RuleContext& context, const PastRequest&,
                                                 const Draft& draft) {
    return RepeatEnroll(context, request, send, draft, response);
  };
  return operation;
}

absl::StatusOr<Operation> PlanConfirmEnrollment(const PlanContext& plan,
                                                const v1::ConfirmEnrollmentRequest& request,
                                                v1::ConfirmEnrollmentResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  TWOFOLD_ASSIGN_OR_RETURN(Presented presented, ReadConfirmation(request));
  TWOFOLD_RETURN_IF_ERROR(LimitPresented(plan, presented, request.client_address(), operation));
  operation.decide = [&request, &response, presented = std::move(presented)](const RuleContext& context,
                                                                             Draft& draft) {
    return Confirm(context, request.method_id(), presented, draft, response);
  };
  operation.repeat = [&response](const RuleContext& context, const PastRequest& past, const Draft& draft) {
    return RepeatConfirm(context, past, draft, response);
  };
  return operation;
}

}  // namespace twofold
