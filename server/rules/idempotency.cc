#include "server/rules/idempotency.h"

#include <utility>

#include "crypto/associated_data.h"
#include "server/errors.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

constexpr absl::string_view kIdLabel = "request-id";
constexpr absl::string_view kContentLabel = "request-content";

std::string AnswerContext(const RuleContext& context) {
  return LengthPrefixed({context.subject.tenant, context.subject.user, "answer"});
}

}  // namespace

RequestKey MakeRequestKey(absl::string_view caller, absl::string_view rpc, absl::string_view request_id,
                          absl::string_view serialized_request) {
  RequestKey key;
  if (request_id.empty()) return key;
  key.id = std::string(request_id);
  key.content = LengthPrefixed({caller, rpc, serialized_request});
  return key;
}

absl::StatusOr<const PastRequest*> FindPastRequest(const RuleContext& context, const SubjectRecord& record) {
  if (context.request.id.empty()) return nullptr;
  for (const PastRequest& past : record.past_requests()) {
    if (!context.ring.DigestMatches(past.key_id(), kIdLabel, context.request.id, past.id_digest())) continue;
    if (!context.ring.DigestMatches(past.key_id(), kContentLabel, context.request.content,
                                    past.content_digest())) {
      return InvalidRequestError("request_id", "was used for another request");
    }
    return &past;
  }
  return nullptr;
}

absl::Status RepeatedStatus(const PastRequest& past) {
  switch (past.outcome()) {
    case PastRequest::OUTCOME_DONE:
      return absl::OkStatus();
    case PastRequest::OUTCOME_KEY_UNAVAILABLE:
      return KeyUnavailableError();
    case PastRequest::OUTCOME_RECORD_CORRUPT:
      return RecordCorruptError();
    default:
      return CodeRejectedError();
  }
}

PastRequest RememberedRejection(const absl::Status& rejection) {
  PastRequest answered;
  answered.set_outcome(PastRequest::OUTCOME_REJECTED);
  const v1::ErrorReason reason = ReasonOf(rejection);
  if (reason == v1::KEY_UNAVAILABLE) answered.set_outcome(PastRequest::OUTCOME_KEY_UNAVAILABLE);
  if (reason == v1::RECORD_CORRUPT) answered.set_outcome(PastRequest::OUTCOME_RECORD_CORRUPT);
  return answered;
}

void RememberRequest(const RuleContext& context, PastRequest answered, SubjectRecord& record) {
  if (context.request.id.empty()) return;
  if (answered.outcome() == PastRequest::OUTCOME_UNSPECIFIED) answered.set_outcome(PastRequest::OUTCOME_DONE);
  answered.set_key_id(context.ring.primary_key_id());
  answered.set_id_digest(context.ring.Digest(kIdLabel, context.request.id));
  answered.set_content_digest(context.ring.Digest(kContentLabel, context.request.content));
  answered.set_time(context.now);
  auto& all = *record.mutable_past_requests();
  const int too_many = all.size() + 1 - context.limits.max_request_ids;
  if (too_many > 0) all.DeleteSubrange(0, too_many);
  *all.Add() = std::move(answered);
}

void SealCodes(const RuleContext& context, const google::protobuf::RepeatedPtrField<std::string>& codes,
               PastRequest& answered) {
  if (context.request.id.empty()) return;
  internal::v1::CodeList list;
  *list.mutable_codes() = codes;
  std::string plain = list.SerializeAsString();
  answered.set_sealed_codes(
      context.ring.Seal(Purpose::kAnswer, plain, AnswerContext(context), context.random, context.request.id));
  WipeString(plain);
}

absl::StatusOr<internal::v1::CodeList> OpenCodes(const RuleContext& context, const PastRequest& past) {
  internal::v1::CodeList list;
  if (past.sealed_codes().empty()) return list;
  const absl::StatusOr<SecretBytes> plain =
      context.ring.Open(Purpose::kAnswer, past.sealed_codes(), AnswerContext(context), context.request.id);
  if (!plain.ok()) return UnsealError(plain.status());
  if (!list.ParseFromArray(plain->bytes().data(), static_cast<int>(plain->size()))) {
    return RecordCorruptError();
  }
  return list;
}

}  // namespace twofold
