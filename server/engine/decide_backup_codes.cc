#include "server/engine/decide.h"
#include "server/engine/errors.h"
#include "server/engine/past_requests.h"
#include "server/engine/record.h"
#include "server/engine/spend.h"

namespace twofold {
namespace {

using internal::v1::PastRequest;

absl::StatusOr<v1::RotateBackupCodesResponse> RepeatRotate(const RuleContext& context,
                                                           const PastRequest& past) {
  if (const absl::Status status = RepeatedStatus(past); !status.ok()) return status;
  const absl::StatusOr<std::vector<std::string>> codes = OpenAnswer(context, past);
  if (!codes.ok()) return codes.status();
  v1::RotateBackupCodesResponse response;
  response.mutable_backup_codes()->Add(codes->begin(), codes->end());
  response.set_replaced_count(past.count());
  return response;
}

}  // namespace

absl::StatusOr<v1::RotateBackupCodesResponse> DecideRotate(const RuleContext& context,
                                                           const v1::RotateBackupCodesRequest& request,
                                                           const std::optional<TypedCode>& proof,
                                                           const Evidence& evidence, Draft& draft) {
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    return RepeatRotate(context, **past);
  }
  if (!HasConfirmedDevice(draft.record)) return NoDeviceError();
  const absl::Status proven = SpendProof(context, proof, evidence, draft);
  if (!proven.ok()) return proven;
  v1::RotateBackupCodesResponse response;
  if (draft.need.kind != Need::Kind::kNothing) return response;
  if (!evidence.new_codes.has_value()) {
    draft.need.kind = Need::Kind::kNewBackupCodes;
    draft.need.count = request.count() == 0 ? context.limits.backup_codes : request.count();
    return response;
  }
  response.set_replaced_count(RemainingBackupCodes(draft.record.backup_codes()));
  response.mutable_backup_codes()->Add(evidence.new_codes->codes.begin(), evidence.new_codes->codes.end());
  *draft.record.mutable_backup_codes() =
      SealBackupCodes(context.ring, context.random, context.subject, evidence.new_codes->hashes, context.now);
  if (PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record)) {
    remembered->set_count(response.replaced_count());
    SealAnswer(context, evidence.new_codes->codes, *remembered);
  }
  return response;
}

absl::StatusOr<v1::DeleteBackupCodesResponse> DecideDeleteBackupCodes(const RuleContext& context,
                                                                      const std::optional<TypedCode>& proof,
                                                                      const Evidence& evidence,
                                                                      Draft& draft) {
  v1::DeleteBackupCodesResponse response;
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    if (const absl::Status status = RepeatedStatus(**past); !status.ok()) return status;
    response.set_deleted_count((*past)->count());
    return response;
  }
  if (!HasConfirmedDevice(draft.record)) return NoDeviceError();
  const absl::Status proven = SpendProof(context, proof, evidence, draft);
  if (!proven.ok()) return proven;
  if (draft.need.kind != Need::Kind::kNothing) return response;
  response.set_deleted_count(RemainingBackupCodes(draft.record.backup_codes()));
  draft.record.clear_backup_codes();
  if (PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record)) {
    remembered->set_count(response.deleted_count());
  }
  return response;
}

}  // namespace twofold
