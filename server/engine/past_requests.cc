#include "server/engine/past_requests.h"

#include "crypto/associated_data.h"
#include "server/engine/errors.h"

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
    if (!context.ring.DigestMatches(kIdLabel, context.request.id, past.id_digest())) continue;
    if (!context.ring.DigestMatches(kContentLabel, context.request.content, past.content_digest())) {
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

PastRequest* RememberRequest(const RuleContext& context, PastRequest::Outcome outcome,
                             SubjectRecord& record) {
  if (context.request.id.empty()) return nullptr;
  auto& all = *record.mutable_past_requests();
  const int too_many = all.size() + 1 - context.limits.max_request_ids;
  if (too_many > 0) all.DeleteSubrange(0, too_many);
  PastRequest& past = *all.Add();
  past.set_id_digest(context.ring.Digest(kIdLabel, context.request.id));
  past.set_content_digest(context.ring.Digest(kContentLabel, context.request.content));
  past.set_time(context.now);
  past.set_outcome(outcome);
  return &past;
}

void RememberRejection(const RuleContext& context, const absl::Status& rejection, SubjectRecord& record) {
  PastRequest::Outcome outcome = PastRequest::OUTCOME_REJECTED;
  if (ReasonOf(rejection) == v1::KEY_UNAVAILABLE) outcome = PastRequest::OUTCOME_KEY_UNAVAILABLE;
  if (ReasonOf(rejection) == v1::RECORD_CORRUPT) outcome = PastRequest::OUTCOME_RECORD_CORRUPT;
  RememberRequest(context, outcome, record);
}

void SealAnswer(const RuleContext& context, const std::vector<std::string>& codes, PastRequest& past) {
  internal::v1::CodeList list;
  for (const std::string& code : codes) list.add_codes(code);
  std::string plain = list.SerializeAsString();
  past.set_sealed_codes(
      context.ring.Seal(Purpose::kAnswer, plain, AnswerContext(context), context.random, context.request.id));
  WipeString(plain);
}

absl::StatusOr<std::vector<std::string>> OpenAnswer(const RuleContext& context, const PastRequest& past) {
  if (past.sealed_codes().empty()) return std::vector<std::string>();
  const absl::StatusOr<SecretBytes> plain =
      context.ring.Open(Purpose::kAnswer, past.sealed_codes(), AnswerContext(context), context.request.id);
  if (!plain.ok()) return UnsealError(plain.status());
  internal::v1::CodeList list;
  if (!list.ParseFromArray(plain->bytes().data(), static_cast<int>(plain->size()))) {
    return RecordCorruptError();
  }
  return std::vector<std::string>(list.codes().begin(), list.codes().end());
}

}  // namespace twofold
