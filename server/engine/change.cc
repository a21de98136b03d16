#include "server/engine/change.h"

#include <memory>

#include "common/status_macros.h"
#include "server/engine/decide.h"
#include "server/engine/errors.h"
#include "server/engine/past_requests.h"
#include "server/engine/request_shape.h"

namespace twofold {
namespace {

// What all changes have in common.
template <typename Response, typename Request>
absl::StatusOr<Change<Response>> Begin(absl::string_view caller, const Request& request) {
  TWOFOLD_ASSIGN_OR_RETURN(Subject subject, CheckSubject(request.tenant(), request.user_id()));
  TWOFOLD_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  Change<Response> change(std::move(subject));
  if (!request.request_id().empty()) {
    change.request = MakeRequestKey(caller, Request::descriptor()->full_name(), request.request_id(),
                                    request.SerializeAsString());
  }
  return change;
}

template <typename Response, typename Request>
absl::Status MeterCode(const Request& request, const TypedCode& code, Change<Response>& change) {
  TWOFOLD_ASSIGN_OR_RETURN(change.client_address, CheckClientAddress(request.client_address()));
  const bool is_backup = code.kind == TypedCode::Kind::kBackup;
  change.meter = is_backup ? Meter::kBackup : Meter::kLogin;
  if (is_backup) change.backup_code = code.text;
  return absl::OkStatus();
}

// For requests with a proof_code; nullopt where there is none.
template <typename Response, typename Request>
absl::StatusOr<std::optional<TypedCode>> MeterProof(const Request& request, Change<Response>& change) {
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<TypedCode> proof, CheckProof(request.proof_code()));
  if (proof.has_value()) {
    TWOFOLD_RETURN_IF_ERROR(MeterCode(request, *proof, change));
    return proof;
  }
  TWOFOLD_ASSIGN_OR_RETURN(change.client_address, CheckClientAddress(request.client_address()));
  change.meter = Meter::kWrite;
  return proof;
}

}  // namespace

absl::StatusOr<Change<v1::EnrollResponse>> PlanChange(const Limits& limits, Random& random,
                                                      absl::string_view caller,
                                                      const v1::EnrollRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::EnrollResponse>(caller, request));
  TWOFOLD_ASSIGN_OR_RETURN(Enrolment enrolment, PlanEnrolment(limits, request, random));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<TypedCode> proof, MeterProof(request, change));
  change.decide = [enrolment = std::move(enrolment), proof = std::move(proof)](
                      const RuleContext& context, const Evidence& evidence, Draft& draft) {
    return DecideEnroll(context, enrolment, proof, evidence, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::ConfirmEnrollmentResponse>> PlanChange(
    const Limits&, Random&, absl::string_view caller, const v1::ConfirmEnrollmentRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::ConfirmEnrollmentResponse>(caller, request));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  TWOFOLD_ASSIGN_OR_RETURN(TypedCode code, CheckDeviceCode("code", request.code()));
  TWOFOLD_RETURN_IF_ERROR(MeterCode(request, code, change));
  change.decide = [&request, code = std::move(code)](const RuleContext& context, const Evidence& evidence,
                                                     Draft& draft) {
    return DecideConfirm(context, request, code, evidence, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::VerifyResponse>> PlanChange(const Limits&, Random&, absl::string_view caller,
                                                      const v1::VerifyRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::VerifyResponse>(caller, request));
  TWOFOLD_ASSIGN_OR_RETURN(TypedCode code, CheckCode("code", request.code()));
  if (!request.method_id().empty()) TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  TWOFOLD_RETURN_IF_ERROR(CheckAllowedTypes(request));
  TWOFOLD_RETURN_IF_ERROR(MeterCode(request, code, change));
  change.decide = [&request, code = std::move(code)](const RuleContext& context, const Evidence& evidence,
                                                     Draft& draft) {
    return DecideVerify(context, request, code, evidence, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::ResyncMethodResponse>> PlanChange(const Limits&, Random&, absl::string_view caller,
                                                            const v1::ResyncMethodRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::ResyncMethodResponse>(caller, request));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  if (request.codes_size() != 2) return InvalidRequestError("codes", "must be two consecutive codes");
  TWOFOLD_ASSIGN_OR_RETURN(TypedCode first, CheckDeviceCode("codes[0]", request.codes(0)));
  TWOFOLD_ASSIGN_OR_RETURN(TypedCode second, CheckDeviceCode("codes[1]", request.codes(1)));
  TWOFOLD_RETURN_IF_ERROR(MeterCode(request, first, change));
  change.meter = Meter::kResync;
  change.decide = [&request, first = std::move(first), second = std::move(second)](
                      const RuleContext& context, const Evidence&, Draft& draft) {
    return DecideResync(context, request, first, second, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::RotateBackupCodesResponse>> PlanChange(
    const Limits&, Random&, absl::string_view caller, const v1::RotateBackupCodesRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::RotateBackupCodesResponse>(caller, request));
  TWOFOLD_RETURN_IF_ERROR(CheckBackupCodeCount(request.count()));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<TypedCode> proof, MeterProof(request, change));
  change.decide = [&request, proof = std::move(proof)](const RuleContext& context, const Evidence& evidence,
                                                       Draft& draft) {
    return DecideRotate(context, request, proof, evidence, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::DeleteBackupCodesResponse>> PlanChange(
    const Limits&, Random&, absl::string_view caller, const v1::DeleteBackupCodesRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::DeleteBackupCodesResponse>(caller, request));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<TypedCode> proof, MeterProof(request, change));
  change.decide = [proof = std::move(proof)](const RuleContext& context, const Evidence& evidence,
                                             Draft& draft) {
    return DecideDeleteBackupCodes(context, proof, evidence, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::UpdateMethodResponse>> PlanChange(const Limits&, Random&, absl::string_view caller,
                                                            const v1::UpdateMethodRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::UpdateMethodResponse>(caller, request));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  TWOFOLD_RETURN_IF_ERROR(CheckUpdate(request));
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<TypedCode> proof, MeterProof(request, change));
  change.decide = [&request, proof = std::move(proof)](const RuleContext& context, const Evidence& evidence,
                                                       Draft& draft) {
    return DecideUpdate(context, request, proof, evidence, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::DeleteMethodResponse>> PlanChange(const Limits&, Random&, absl::string_view caller,
                                                            const v1::DeleteMethodRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::DeleteMethodResponse>(caller, request));
  TWOFOLD_RETURN_IF_ERROR(CheckMethodId(request.method_id()));
  if (request.method_id() == kBackupMethodId) {
    return InvalidRequestError("method_id", "backup codes are removed by DeleteBackupCodes");
  }
  TWOFOLD_ASSIGN_OR_RETURN(std::optional<TypedCode> proof, MeterProof(request, change));
  change.decide = [&request, proof = std::move(proof)](const RuleContext& context, const Evidence& evidence,
                                                       Draft& draft) {
    return DecideDelete(context, request, proof, evidence, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::UnlockSubjectResponse>> PlanChange(const Limits&, Random&, absl::string_view caller,
                                                             const v1::UnlockSubjectRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::UnlockSubjectResponse>(caller, request));
  change.fills_buckets = true;
  change.decide = [](const RuleContext& context, const Evidence&, Draft& draft) {
    return DecideUnlock(context, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::ResetSubjectResponse>> PlanChange(const Limits&, Random&, absl::string_view caller,
                                                            const v1::ResetSubjectRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(auto change, Begin<v1::ResetSubjectResponse>(caller, request));
  change.decide = [](const RuleContext& context, const Evidence&, Draft& draft) {
    return DecideReset(context, draft);
  };
  return change;
}

absl::StatusOr<Change<v1::ListMethodsResponse>> PlanChange(const Limits&, Random&, absl::string_view,
                                                           const v1::ListMethodsRequest& request) {
  TWOFOLD_ASSIGN_OR_RETURN(Subject subject, CheckSubject(request.tenant(), request.user_id()));
  Change<v1::ListMethodsResponse> change(std::move(subject));
  change.decide = [](const RuleContext& context, const Evidence&,
                     Draft& draft) -> absl::StatusOr<v1::ListMethodsResponse> {
    draft.changed = false;
    return DecideList(context, draft);
  };
  return change;
}

}  // namespace twofold
