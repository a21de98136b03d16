#include "server/errors.h"

#include <algorithm>
#include <iterator>

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

struct ErrorKind {
  v1::ErrorReason reason;
  absl::StatusCode code;
  // What callers read. nullptr: it depends on the case.
  const char* text;
};

// The one place where a reason has its code and its text. In the order of their numbers.
constexpr ErrorKind kKinds[] = {
    {v1::ERROR_REASON_UNSPECIFIED, absl::StatusCode::kOk, ""},
    {v1::CODE_REJECTED, absl::StatusCode::kPermissionDenied, "code rejected"},
    {v1::RATE_LIMITED, absl::StatusCode::kResourceExhausted, "too many attempts; wait"},
    {v1::LOCKED, absl::StatusCode::kResourceExhausted, "locked after wrong codes"},
    {v1::OVERLOADED, absl::StatusCode::kResourceExhausted, "the server is overloaded"},
    {v1::INVALID_REQUEST, absl::StatusCode::kInvalidArgument, nullptr},
    {v1::STORAGE_UNAVAILABLE, absl::StatusCode::kUnavailable, "the storage cannot be reached"},
    {v1::LIMITER_UNAVAILABLE, absl::StatusCode::kUnavailable, "the rate limiter cannot be reached"},
    {v1::KEY_UNAVAILABLE, absl::StatusCode::kFailedPrecondition,
     "the key that sealed this method is not in the server's key ring"},
    {v1::RECORD_CORRUPT, absl::StatusCode::kDataLoss, "the stored record is damaged"},
    {v1::METHOD_STATE, absl::StatusCode::kFailedPrecondition, nullptr},
    {v1::NO_DEVICE, absl::StatusCode::kFailedPrecondition, "the subject has no confirmed authenticator"},
    {v1::LAST_METHOD, absl::StatusCode::kFailedPrecondition,
     "the last active authenticator cannot be disabled, nor deleted while a disabled one remains"},
    {v1::DUPLICATE_SECRET, absl::StatusCode::kAlreadyExists, "the subject already has this secret"},
    {v1::CALLER_UNKNOWN, absl::StatusCode::kUnauthenticated, "the caller is not known"},
    {v1::CALLER_NOT_ALLOWED, absl::StatusCode::kPermissionDenied, "the caller may not do this"},
    {v1::PROOF_REQUIRED, absl::StatusCode::kFailedPrecondition,
     "the subject has an authenticator, so proof_code is required"},
    {v1::METHOD_NOT_FOUND, absl::StatusCode::kNotFound, "no such method, or its enrolment expired"},
    {v1::CONFLICT, absl::StatusCode::kAborted, "other calls changed the subject each time; try again"},
    {v1::TOO_MANY_METHODS, absl::StatusCode::kFailedPrecondition, nullptr},
    {v1::INTERNAL, absl::StatusCode::kInternal, "internal error"},
    {v1::SERVER_UNFIT, absl::StatusCode::kUnavailable, nullptr},
    {v1::AUDIT_UNAVAILABLE, absl::StatusCode::kUnavailable, "the audit log takes no events"},
    {v1::MALFORMED_CODE, absl::StatusCode::kInvalidArgument, nullptr},
    {v1::DELIVERY_FAILED, absl::StatusCode::kUnavailable, "the code could not be sent"},
    {v1::DELIVERY_LIMITED, absl::StatusCode::kResourceExhausted, "too many codes were sent; wait"},
    {v1::PROMPT_NOT_FOUND, absl::StatusCode::kNotFound, "the prompt is unknown or over"},
    {v1::PROMPT_NOT_SATISFIED, absl::StatusCode::kPermissionDenied, "the user has not passed the prompt"},
    {v1::RETURN_URL_NOT_ALLOWED, absl::StatusCode::kInvalidArgument, nullptr},
    {v1::GRANT_REJECTED, absl::StatusCode::kPermissionDenied, "the grant is not accepted"},
};
static_assert(std::size(kKinds) == v1::ErrorReason_ARRAYSIZE);

const ErrorKind& KindOf(v1::ErrorReason reason) { return kKinds[reason]; }

absl::Status Error(v1::ErrorReason reason, absl::string_view text) {
  absl::Status status(KindOf(reason).code, text);
  status.SetPayload(kErrorInfoUrl, absl::Cord(InfoOf(reason).SerializeAsString()));
  return status;
}

absl::Status Error(v1::ErrorReason reason) { return Error(reason, KindOf(reason).text); }

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
  absl::Status status = Error(reason, absl::StrCat(field, ": ", description));
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(description));
  status.SetPayload(kBadRequestUrl, absl::Cord(bad.SerializeAsString()));
  return status;
}

}  // namespace

absl::Status CodeRejectedError() { return Error(v1::CODE_REJECTED); }

absl::Status RateLimitedError(absl::Duration retry_after) {
  return WithRetry(Error(v1::RATE_LIMITED), retry_after);
}

absl::Status LockedError(absl::Duration retry_after) { return WithRetry(Error(v1::LOCKED), retry_after); }

absl::Status PermanentLockError() { return Error(v1::LOCKED); }

absl::Status OverloadedError() {
  static const auto* const error = new absl::Status(WithRetry(Error(v1::OVERLOADED), kOverloadRetry));
  return *error;
}

absl::Status InvalidRequestError(absl::string_view field, absl::string_view description) {
  return BadFieldError(v1::INVALID_REQUEST, field, description);
}

absl::Status MalformedCodeError(absl::string_view field, absl::string_view description) {
  return BadFieldError(v1::MALFORMED_CODE, field, description);
}

absl::Status StorageUnavailableError() { return Error(v1::STORAGE_UNAVAILABLE); }

absl::Status StorageOutcomeUnknownError() {
  return Error(
      v1::STORAGE_UNAVAILABLE,
      "the storage did not answer, so the change may have been made: a retry with the same request_id tells");
}

absl::Status LimiterUnavailableError() { return Error(v1::LIMITER_UNAVAILABLE); }

absl::Status AuditUnavailableError() { return Error(v1::AUDIT_UNAVAILABLE); }

absl::Status ServerUnfitError(absl::string_view why) { return Error(v1::SERVER_UNFIT, why); }

absl::Status KeyUnavailableError() { return Error(v1::KEY_UNAVAILABLE); }

absl::Status RecordCorruptError() { return Error(v1::RECORD_CORRUPT); }

absl::Status UnsealError(const absl::Status& opened) {
  return opened.code() == absl::StatusCode::kFailedPrecondition ? KeyUnavailableError()
                                                                : RecordCorruptError();
}

absl::Status MethodStateError(absl::string_view why) { return Error(v1::METHOD_STATE, why); }

absl::Status NoDeviceError() { return Error(v1::NO_DEVICE); }

absl::Status LastMethodError() { return Error(v1::LAST_METHOD); }

absl::Status DuplicateSecretError() { return Error(v1::DUPLICATE_SECRET); }

absl::Status CallerUnknownError() { return Error(v1::CALLER_UNKNOWN); }

absl::Status CallerNotAllowedError() { return Error(v1::CALLER_NOT_ALLOWED); }

absl::Status ProofRequiredError() { return Error(v1::PROOF_REQUIRED); }

absl::Status MethodNotFoundError() { return Error(v1::METHOD_NOT_FOUND); }

absl::Status ConflictError() { return Error(v1::CONFLICT); }

absl::Status TooManyMethodsError(int most) {
  return Error(v1::TOO_MANY_METHODS, absl::StrCat("a subject has at most ", most, " authenticators"));
}

absl::Status DeliveryFailedError(absl::Duration retry_after) {
  return WithRetry(Error(v1::DELIVERY_FAILED), retry_after);
}

absl::Status DeliveryLimitedError(absl::Duration retry_after) {
  return WithRetry(Error(v1::DELIVERY_LIMITED), retry_after);
}

absl::Status PromptNotFoundError() { return Error(v1::PROMPT_NOT_FOUND); }

absl::Status PromptNotSatisfiedError() { return Error(v1::PROMPT_NOT_SATISFIED); }

absl::Status GrantRejectedError() { return Error(v1::GRANT_REJECTED); }

absl::Status ReturnUrlNotAllowedError(absl::string_view why) {
  return BadFieldError(v1::RETURN_URL_NOT_ALLOWED, "return_url", why);
}

absl::Status PromptEndedError(absl::string_view return_url) {
  absl::Status status = Error(v1::PROMPT_NOT_FOUND);
  google::rpc::ErrorInfo info = InfoOf(v1::PROMPT_NOT_FOUND);
  (*info.mutable_metadata())["return_url"] = std::string(return_url);
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status InternalError(absl::string_view log_id) {
  absl::Status status = Error(v1::INTERNAL);
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

absl::StatusCode CodeOf(v1::ErrorReason reason) { return KindOf(reason).code; }

}  // namespace twofold
