#ifndef TWOFOLD_SERVER_RULES_IDEMPOTENCY_H_
#define TWOFOLD_SERVER_RULES_IDEMPOTENCY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/rules/context.h"

// Idempotent retries (AIP-155): a change made under a request id is remembered for a minute in the record it
// changed, so that a repeated call repeats the answer and not the effect. Ids and contents are kept as keyed
// digests.

namespace twofold {

// `content` binds the id to the caller, the RPC and the whole request.
RequestKey MakeRequestKey(absl::string_view caller, absl::string_view rpc, absl::string_view request_id,
                          absl::string_view serialized_request);

// The past request with this id. Null when there is none, or the request has no id. INVALID_REQUEST when the
// id was used for another content.
absl::StatusOr<const internal::v1::PastRequest*> FindPastRequest(const RuleContext& context,
                                                                 const internal::v1::SubjectRecord& record);

// What a repeated call answers: OK where the change was made, else the rejection again.
absl::Status RepeatedStatus(const internal::v1::PastRequest& past);

// What is to be remembered of a code that was charged and answered with `rejection`.
internal::v1::PastRequest RememberedRejection(const absl::Status& rejection);

// Appends `answered` for this request, if it has an id, and forgets the oldest entries beyond the limit.
void RememberRequest(const RuleContext& context, internal::v1::PastRequest answered,
                     internal::v1::SubjectRecord& record);

// Codes that only one response shows, sealed under ring and request id: whoever has only the record and the
// ring cannot open them. Nothing is sealed for a request without id.
void SealCodes(const RuleContext& context, const google::protobuf::RepeatedPtrField<std::string>& codes,
               internal::v1::PastRequest& answered);
// KEY_UNAVAILABLE or RECORD_CORRUPT when they do not open.
absl::StatusOr<internal::v1::CodeList> OpenCodes(const RuleContext& context,
                                                 const internal::v1::PastRequest& past);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_IDEMPOTENCY_H_
