#include "server/engine/errors.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace twofold {
namespace {

constexpr absl::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr absl::string_view kRetryInfoUrl = "type.googleapis.com/google.rpc.RetryInfo";
constexpr absl::string_view kBadRequestUrl = "type.googleapis.com/google.rpc.BadRequest";

google::rpc::ErrorInfo InfoOf(v1::ErrorReason reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(v1::ErrorReason_Name(reason));
  info.set_domain("twofold");
  return info;
}

absl::Status Error(absl::StatusCode code, v1::ErrorReason reason, absl::string_view message) {
  absl::Status status(code, message);
  status.SetPayload(kErrorInfoUrl, absl::Cord(InfoOf(reason).SerializeAsString()));
  return status;
}

absl::Status WithRetry(absl::Status status, absl::Duration retry_after) {
  google::rpc::RetryInfo retry;
  // Rounded up to whole milliseconds: a client that waits exactly this long is not refused again.
  const int64_t millis =
      std::max<int64_t>(1, absl::ToInt64Milliseconds(absl::Ceil(retry_after, absl::Milliseconds(1))));
  retry.mutable_retry_delay()->set_seconds(millis / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(millis % 1000 * 1000000));
  status.SetPayload(kRetryInfoUrl, absl::Cord(retry.SerializeAsString()));
  return status;
}

absl::Status BadFieldError(v1::ErrorReason reason, absl::string_view field, absl::string_view description) {
  absl::Status status =
      Error(absl::StatusCode::kInvalidArgument, reason, absl::StrCat(field, ": ", description));
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(description));
  status.SetPayload(kBadRequestUrl, absl::Cord(bad.SerializeAsString()));
  return status;
}

}  // namespace

absl::Status CodeRejectedError() {
  return Error(absl::StatusCode::kPermissionDenied, v1::CODE_REJECTED, "code rejected");
}

absl::Status RateLimitedError(absl::Duration retry_after) {
  return WithRetry(Error(absl::StatusCode::kResourceExhausted, v1::RATE_LIMITED, "too many attempts; wait"),
                   retry_after);
}

absl::Status LockedError(absl::Duration retry_after) {
  return WithRetry(Error(absl::StatusCode::kResourceExhausted, v1::LOCKED, "locked after wrong codes"),
                   retry_after);
}

absl::Status PermanentLockError() {
  return Error(absl::StatusCode::kResourceExhausted, v1::LOCKED, "locked after wrong codes");
}

absl::Status OverloadedError() {
  static const auto* const error = new absl::Status(
      WithRetry(Error(absl::StatusCode::kResourceExhausted, v1::OVERLOADED, "the server has too much to do"),
                kOverloadRetry));
  return *error;
}

absl::Status InvalidRequestError(absl::string_view field, absl::string_view description) {
  return BadFieldError(v1::INVALID_REQUEST, field, description);
}

absl::Status MalformedCodeError(absl::string_view field, absl::string_view description) {
  return BadFieldError(v1::MALFORMED_CODE, field, description);
}

absl::Status StorageUnavailableError() {
  return Error(absl::StatusCode::kUnavailable, v1::STORAGE_UNAVAILABLE, "the storage cannot be reached");
}

absl::Status StorageOutcomeUnknownError() {
  return Error(
      absl::StatusCode::kUnavailable, v1::STORAGE_UNAVAILABLE,
      "the storage broke off; whether the change was made is not known, the same request_id will tell");
}

absl::Status LimiterUnavailableError() {
  return Error(absl::StatusCode::kUnavailable, v1::LIMITER_UNAVAILABLE, "the rate limiter cannot be reached");
}

absl::Status AuditUnavailableError() {
  return Error(absl::StatusCode::kUnavailable, v1::AUDIT_UNAVAILABLE, "the audit log takes no events");
}

absl::Status ServerUnfitError(absl::string_view why) {
  return Error(absl::StatusCode::kUnavailable, v1::SERVER_UNFIT, why);
}

absl::Status KeyUnavailableError() {
  return Error(absl::StatusCode::kFailedPrecondition, v1::KEY_UNAVAILABLE,
               "the key that sealed this method is not in the server's key ring");
}

absl::Status RecordCorruptError() {
  return Error(absl::StatusCode::kDataLoss, v1::RECORD_CORRUPT, "the stored record is damaged");
}

absl::Status UnsealError(const absl::Status& opened) {
  return opened.code() == absl::StatusCode::kFailedPrecondition ? KeyUnavailableError()
                                                                : RecordCorruptError();
}

absl::Status MethodStateError(absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, v1::METHOD_STATE, why);
}

absl::Status NoDeviceError() {
  return Error(absl::StatusCode::kFailedPrecondition, v1::NO_DEVICE, "the subject has no confirmed device");
}

absl::Status LastMethodError() {
  return Error(absl::StatusCode::kFailedPrecondition, v1::LAST_METHOD,
               "the last active device can be neither disabled nor, beside a disabled one, deleted");
}

absl::Status DuplicateSecretError() {
  return Error(absl::StatusCode::kAlreadyExists, v1::DUPLICATE_SECRET, "the subject already has this secret");
}

absl::Status ProofRequiredError() {
  return Error(absl::StatusCode::kFailedPrecondition, v1::PROOF_REQUIRED,
               "the subject has a device: proof_code is required");
}

absl::Status MethodNotFoundError() {
  return Error(absl::StatusCode::kNotFound, v1::METHOD_NOT_FOUND, "no such method, or its enrolment expired");
}

absl::Status ConflictError() {
  return Error(absl::StatusCode::kAborted, v1::CONFLICT,
               "other calls changed the subject each time; try again");
}

absl::Status TooManyMethodsError(int most) {
  return Error(absl::StatusCode::kFailedPrecondition, v1::TOO_MANY_METHODS,
               absl::StrCat("a subject has at most ", most, " methods"));
}

absl::Status InternalError(absl::string_view log_id) {
  absl::Status status(absl::StatusCode::kInternal, "internal error");
  google::rpc::ErrorInfo info = InfoOf(v1::INTERNAL);
  (*info.mutable_metadata())["id"] = std::string(log_id);
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return reason;
  return v1::ErrorReason_Parse(info.reason(), &reason) ? reason : v1::ERROR_REASON_UNSPECIFIED;
}

}  // namespace twofold
