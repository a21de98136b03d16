#ifndef TWOFOLD_SERVER_ENGINE_PAST_REQUESTS_H_
#define TWOFOLD_SERVER_ENGINE_PAST_REQUESTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/rules.h"

// Idempotent retries (AIP-155): a change made under a request id is remembered for a minute in the record it
// changed, so that a repeated call repeats the answer and not the effect. Ids and contents are kept as keyed
// digests.

namespace twofold {

// `content` binds the id to the caller, the RPC and the whole request.
RequestKey MakeRequestKey(absl::string_view caller, absl::string_view rpc, absl::string_view request_id,
                          absl::string_view serialized_request);

// The past request with this id; null when there is none (or the request has no id). INVALID_REQUEST when the
// id was used for another content.
absl::StatusOr<const internal::v1::PastRequest*> FindPastRequest(const RuleContext& context,
                                                                 const internal::v1::SubjectRecord& record);

// What a repeated call answers: OK where the change was made, else the rejection again.
absl::Status RepeatedStatus(const internal::v1::PastRequest& past);

// Appends an entry for this request, if it has an id, and forgets the oldest beyond the limit. Returns what
// the rule may still fill in, or null.
internal::v1::PastRequest* RememberRequest(const RuleContext& context,
                                           internal::v1::PastRequest::Outcome outcome,
                                           internal::v1::SubjectRecord& record);

// The same for a code that was charged and answered with `rejection`.
void RememberRejection(const RuleContext& context, const absl::Status& rejection,
                       internal::v1::SubjectRecord& record);

// Backup codes of an answer, sealed under ring and request id: whoever has only the record and the ring
// cannot open them.
void SealAnswer(const RuleContext& context, const std::vector<std::string>& codes,
                internal::v1::PastRequest& past);
absl::StatusOr<std::vector<std::string>> OpenAnswer(const RuleContext& context,
                                                    const internal::v1::PastRequest& past);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_PAST_REQUESTS_H_
