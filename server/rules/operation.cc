#include "server/rules/operation.h"

#include "common/status_macros.h"
#include "server/errors.h"
#include "server/methods/challenge.h"
#include "server/rules/idempotency.h"
#include "server/rules/rate_limits.h"

namespace twofold {
namespace {

using internal::v1::ChallengeToken;

absl::StatusOr<ChallengeToken> ReadChallenge(const PlanContext& plan, const Subject& subject,
                                             ChallengeToken::Ceremony ceremony,
                                             const std::string& challenge_id) {
  if (challenge_id.empty()) return InvalidRequestError("challenge_id", "is required");
  const WorkResults none;
  const MethodContext context{*plan.keys->ring, plan.random, subject, plan.now, none};
  return OpenChallenge(context, plan.caller, ceremony, challenge_id);
}

absl::StatusOr<Presented> ReadAssertion(const PlanContext& plan, const Subject& subject,
                                        ChallengeToken::Ceremony ceremony, const AnswerFields& fields) {
  absl::StatusOr<AssertionCredential> credential = ParseAssertionCredential(fields.credential_json);
  if (!credential.ok()) {
    return InvalidRequestError("webauthn_credential_json", credential.status().message());
  }
  TWOFOLD_ASSIGN_OR_RETURN(ChallengeToken challenge,
                           ReadChallenge(plan, subject, ceremony, fields.challenge_id));
  return Presented(Assertion{*std::move(credential), std::move(challenge)});
}

}  // namespace

absl::StatusOr<Operation> NewOperation(const PlanContext& plan, const google::protobuf::Message& request,
                                       const std::string& tenant, const std::string& user_id,
                                       const std::string& request_id, google::protobuf::Message& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Subject subject, CheckSubject(tenant, user_id));
  TWOFOLD_RETURN_IF_ERROR(CheckRequestId(request_id));
  Operation operation(std::move(subject));
  if (!request_id.empty()) {
    operation.request = MakeRequestKey(plan.caller, request.GetDescriptor()->full_name(), request_id,
                                       request.SerializeAsString());
  }
  operation.keys = plan.keys;
  operation.now = plan.now;
  operation.response = &response;
  return operation;
}

absl::Status LimitPresented(const PlanContext& plan, const Presented& presented,
                            const std::string& client_address, Operation& operation) {
  TWOFOLD_ASSIGN_OR_RETURN(const ClientAddress address, CheckClientAddress(client_address));
  operation.client_address = address.network;
  operation.buckets = PresentedBuckets(plan.limits, operation.subject, presented, address);
  return absl::OkStatus();
}

absl::StatusOr<Presented> ReadLogin(const PlanContext& plan, const Subject& subject,
                                    const AnswerFields& fields) {
  if (fields.has_credential) return ReadAssertion(plan, subject, ChallengeToken::CEREMONY_LOGIN, fields);
  TWOFOLD_ASSIGN_OR_RETURN(Presented presented, CheckCode(fields.code_field, fields.code));
  auto* const otp = std::get_if<OtpCode>(&presented);
  // A user may type a backup code where a sent code is asked for.
  if (otp == nullptr || fields.challenge_id.empty()) return presented;
  TWOFOLD_ASSIGN_OR_RETURN(ChallengeToken challenge,
                           ReadChallenge(plan, subject, ChallengeToken::CEREMONY_LOGIN, fields.challenge_id));
  return Presented(SentCode{std::move(otp->digits), std::move(challenge)});
}

absl::StatusOr<std::optional<Presented>> PlanProof(const PlanContext& plan, const AnswerFields& fields,
                                                   const std::string& client_address, Operation& operation) {
  if (!fields.has_credential && !fields.challenge_id.empty()) {
    return InvalidRequestError("challenge_id",
                               "goes with webauthn_credential_json, because a sent code is no proof");
  }
  if (fields.has_credential || !fields.code.empty()) {
    TWOFOLD_ASSIGN_OR_RETURN(
        Presented proof, fields.has_credential
                             ? ReadAssertion(plan, operation.subject, ChallengeToken::CEREMONY_PROOF, fields)
                             : CheckCode(fields.code_field, fields.code));
    TWOFOLD_RETURN_IF_ERROR(LimitPresented(plan, proof, client_address, operation));
    return proof;
  }
  TWOFOLD_ASSIGN_OR_RETURN(const ClientAddress address, CheckClientAddress(client_address));
  operation.client_address = address.network;
  operation.buckets = WriteBuckets(plan.limits, operation.subject, address);
  return std::optional<Presented>();
}

}  // namespace twofold
