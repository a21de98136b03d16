#include "server/engine/spend.h"

#include "server/engine/budget.h"
#include "server/engine/errors.h"
#include "server/engine/past_requests.h"
#include "server/engine/record.h"
#include "server/methods/device_secret.h"

namespace twofold {
namespace {

using internal::v1::BackupCodeHashes;
using internal::v1::Device;

absl::Status RefuseLocked(const RuleContext& context, const LockState& lock, Draft& draft) {
  draft.cause = lock.permanent ? "permanent_lock_after" : "locked";
  return LockError(lock, context.now);
}

// By a wrong clock nothing is charged, and nothing may be found to last too long.
absl::Status ClockIsBehind(Draft& draft) {
  draft.changed = false;
  draft.cause = "clock_behind";
  return ServerUnfitError("this server's clock is behind codes that were already accepted");
}

// More exactly than callers are told.
const char* CauseOf(const Verdict& verdict) {
  if (verdict.replayed) return "replayed";
  if (verdict.outdated) return "outdated";
  return verdict.left_out.ok() ? "wrong" : "method_left_out";
}

// Charges a code that was not accepted, unless it was no guess, nothing was there to be guessed, or a lock
// makes it free.
absl::Status Reject(const RuleContext& context, const Verdict& verdict, bool locked, Draft& draft) {
  const bool unjudged = !verdict.left_out.ok();
  draft.cause = CauseOf(verdict);
  const bool charge = HasConfirmedDevice(draft.record) && !verdict.replayed && !locked &&
                      (!unjudged || verdict.candidates > 0);
  absl::Status rejection = unjudged ? verdict.left_out : CodeRejectedError();
  if (charge) {
    ChargeFailure(context.limits, context.now, ChargeUnits(verdict.candidates),
                  *draft.record.mutable_budget());
    RememberRejection(context, rejection, draft.record);
    draft.changed = true;
  }
  return rejection;
}

void ResealIfOld(const RuleContext& context, Device& device) {
  if (context.ring.SealedByPrimary(device.sealed_secret())) return;
  const absl::StatusOr<SecretBytes> secret = OpenDeviceSecret(context.ring, context.subject, device);
  if (secret.ok()) SealDeviceSecret(context.ring, context.random, context.subject, *secret, device);
}

void ResealIfOld(const RuleContext& context, internal::v1::BackupCodes& codes) {
  if (context.ring.SealedByPrimary(codes.sealed_hashes())) return;
  const absl::StatusOr<BackupCodeHashes> hashes = OpenBackupCodes(context.ring, context.subject, codes);
  if (hashes.ok()) ResealBackupCodes(context.ring, context.random, context.subject, *hashes, codes);
}

void SpendMatch(const RuleContext& context, const Match& match, Draft& draft) {
  Device& device = *draft.record.mutable_devices(match.device);
  context.kinds.Find(device.type())->Accept(match.factor, context.now, device);
  device.set_last_used_time(context.now);
  ResealIfOld(context, device);
}

}  // namespace

absl::Status SpendCode(const RuleContext& context, const Scope& scope, const TypedCode& code,
                       const Evidence& evidence, Draft& draft) {
  const LockState lock = LockStateOf(context.limits, draft.record.budget(), context.now);
  const bool is_backup = code.kind == TypedCode::Kind::kBackup;
  if (lock.locked && !is_backup) return RefuseLocked(context, lock, draft);
  const Verdict verdict = is_backup
                              ? JudgeBackupCode(context, draft.record, scope, code.text, evidence, draft.need)
                              : JudgeDeviceCode(context, draft.record, scope, code.text);
  if (draft.need.kind != Need::Kind::kNothing) return absl::OkStatus();
  if (verdict.clock_is_behind) return ClockIsBehind(draft);
  if (!verdict.accepted()) return Reject(context, verdict, lock.locked, draft);

  for (const Match& match : verdict.matches) SpendMatch(context, match, draft);
  if (verdict.backup_slot >= 0) {
    SpendBackupCode(verdict.backup_slot, context.now, *draft.record.mutable_backup_codes());
    ResealIfOld(context, *draft.record.mutable_backup_codes());
    draft.method_id = kBackupMethodId;
  } else {
    draft.method_id = draft.record.devices(verdict.matches.front().device).method_id();
  }
  ClearConsecutiveFailures(*draft.record.mutable_budget());
  draft.changed = true;
  return absl::OkStatus();
}

absl::Status SpendProof(const RuleContext& context, const std::optional<TypedCode>& proof,
                        const Evidence& evidence, Draft& draft) {
  if (!proof.has_value()) return ProofRequiredError();
  return SpendCode(context, Scope(), *proof, evidence, draft);
}

absl::Status SpendConfirmation(const RuleContext& context, int device, const TypedCode& code, Draft& draft) {
  const LockState lock = LockStateOf(context.limits, draft.record.budget(), context.now);
  // Before the first device a lock protects nothing, and would keep its owner from enrolling it.
  if (lock.locked && HasConfirmedDevice(draft.record)) return RefuseLocked(context, lock, draft);
  const Verdict verdict = JudgeOneDevice(context, draft.record, device, code.text);
  if (verdict.clock_is_behind) return ClockIsBehind(draft);
  if (!verdict.accepted()) return Reject(context, verdict, lock.locked, draft);
  SpendMatch(context, verdict.matches.front(), draft);
  draft.changed = true;
  return absl::OkStatus();
}

absl::Status SpendConsecutiveCodes(const RuleContext& context, absl::string_view method_id,
                                   const TypedCode& first, const TypedCode& second, Draft& draft) {
  const LockState lock = LockStateOf(context.limits, draft.record.budget(), context.now);
  const Verdict verdict = JudgeConsecutiveCodes(context, draft.record, method_id, first.text, second.text);
  if (verdict.clock_is_behind) return ClockIsBehind(draft);
  if (!verdict.accepted()) return Reject(context, verdict, lock.locked, draft);
  const Match& match = verdict.matches.front();
  Device& device = *draft.record.mutable_devices(match.device);
  context.kinds.Find(device.type())->AcceptResync(match.factor, context.now, device);
  device.set_last_used_time(context.now);
  ResealIfOld(context, device);
  ClearConsecutiveFailures(*draft.record.mutable_budget());
  draft.method_id = device.method_id();
  draft.changed = true;
  return absl::OkStatus();
}

}  // namespace twofold
