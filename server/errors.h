#ifndef TWOFOLD_SERVER_ERRORS_H_
#define TWOFOLD_SERVER_ERRORS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "twofold/v1/error_reason.pb.h"

// The errors that callers see (AIP-193). Each status carries its google.rpc details as payloads, keyed by
// type URL, which is what the RPC edge sends; no text holds a secret, a code or anything that tells one
// rejection from another.

namespace twofold {

absl::Status CodeRejectedError();
absl::Status RateLimitedError(absl::Duration retry_after);
absl::Status LockedError(absl::Duration retry_after);
// Locked until a backup code, a resynchronisation or an administrator unlocks.
absl::Status PermanentLockError();
// When to come back: by then a good part of what waits now is done.
inline constexpr absl::Duration kOverloadRetry = absl::Milliseconds(30);
absl::Status OverloadedError();
// `field` is the request's field path.
absl::Status InvalidRequestError(absl::string_view field, absl::string_view description);
// For a field that carries a code: its user mistyped, whereas InvalidRequestError is for a caller's fault.
absl::Status MalformedCodeError(absl::string_view field, absl::string_view description);
absl::Status StorageUnavailableError();
// The write may or may not have been done.
absl::Status StorageOutcomeUnknownError();
absl::Status LimiterUnavailableError();
absl::Status AuditUnavailableError();
absl::Status ServerUnfitError(absl::string_view why);
absl::Status KeyUnavailableError();
absl::Status RecordCorruptError();
// What the failure of KeyRing::Open means to a caller: one of the two above.
absl::Status UnsealError(const absl::Status& opened);
absl::Status MethodStateError(absl::string_view why);
absl::Status NoDeviceError();
absl::Status LastMethodError();
absl::Status DuplicateSecretError();
absl::Status CallerUnknownError();
absl::Status CallerNotAllowedError();
absl::Status ProofRequiredError();
absl::Status MethodNotFoundError();
absl::Status ConflictError();
absl::Status TooManyMethodsError(int most);
// The carrier did not take a message. `retry_after` is the time to the next permitted send.
absl::Status DeliveryFailedError(absl::Duration retry_after);
absl::Status DeliveryLimitedError(absl::Duration retry_after);
absl::Status PromptNotFoundError();
// The prompt is over. The page can lead the browser to `return_url`.
absl::Status PromptEndedError(absl::string_view return_url);
absl::Status PromptNotSatisfiedError();
absl::Status GrantRejectedError();
absl::Status ReturnUrlNotAllowedError(absl::string_view why);
// `log_id` stands in the server's log beside what really happened.
absl::Status InternalError(absl::string_view log_id);

// The reason that a status carries; UNSPECIFIED for OK and for statuses not made here.
v1::ErrorReason ReasonOf(const absl::Status& status);

// The status code of every error with this reason. OK for UNSPECIFIED.
absl::StatusCode CodeOf(v1::ErrorReason reason);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ERRORS_H_
