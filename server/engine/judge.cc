#include "server/engine/judge.h"

#include <algorithm>

#include "crypto/otp.h"
#include "server/engine/errors.h"
#include "server/methods/device_secret.h"

namespace twofold {
namespace {

using internal::v1::BackupCodeHashes;
using internal::v1::Device;
using internal::v1::SubjectRecord;

// A device with everything that judging it takes.
struct Candidate {
  const Device& device;
  const DeviceKind& kind;
  SecretBytes secret;
};

// Nothing, with the reason in `verdict`, when the device cannot be judged.
std::optional<Candidate> Prepare(const RuleContext& context, const Device& device, Verdict& verdict) {
  const DeviceKind* kind = context.kinds.Find(device.type());
  absl::StatusOr<SecretBytes> secret = OpenDeviceSecret(context.ring, context.subject, device);
  if (kind == nullptr || !secret.ok()) {
    verdict.left_out = kind == nullptr ? RecordCorruptError() : UnsealError(secret.status());
    return std::nullopt;
  }
  if (!kind->ClockIsPlausible(device, context.now)) verdict.clock_is_behind = true;
  return Candidate{device, *kind, *std::move(secret)};
}

// Why a code was not accepted, as far as it is known; `found` is where it matched.
void Refuse(bool accepted_last, std::optional<int64_t> found, Verdict& verdict) {
  if (accepted_last) {
    verdict.replayed = true;
  } else if (found.has_value()) {
    verdict.outdated = true;
  }
}

void JudgeLoginWindow(const RuleContext& context, const Device& device, int index, absl::string_view code,
                      Verdict& verdict) {
  const std::optional<Candidate> candidate = Prepare(context, device, verdict);
  if (!candidate.has_value()) return;
  const CounterWindow window = candidate->kind.LoginWindow(device, context.now);
  verdict.candidates += window.count;
  const OtpParameters parameters = OtpParametersOf(device);
  const absl::Span<const uint8_t> key = candidate->secret.bytes();
  const std::optional<int64_t> factor = FindOtp(key, parameters, window.first, window.count, code);
  const bool accepted_last = FindOtp(key, parameters, device.next_counter() - 1, 1, code).has_value();
  if (factor.has_value() && *factor >= device.next_counter()) {
    verdict.matches.push_back(Match{index, *factor});
  } else {
    Refuse(accepted_last, factor, verdict);
  }
}

// The decoy's secret opens for the decoy's subject only.
RuleContext OfDecoy(const RuleContext& context) {
  return RuleContext{context.limits, context.ring,          context.kinds,   context.decoy,
                     context.random, context.decoy.subject, context.request, context.now};
}

// As much work as one TOTP device takes, to no end.
void JudgeDecoy(const RuleContext& context, absl::string_view code) {
  Verdict void_verdict;
  JudgeLoginWindow(OfDecoy(context), context.decoy.device, 0, code, void_verdict);
}

// The later one of two consecutive factors whose codes are the typed ones; the highest where there are
// several.
std::optional<int64_t> FindConsecutive(const Candidate& candidate, CounterWindow window,
                                       absl::string_view first, absl::string_view second) {
  const OtpParameters parameters = OtpParametersOf(candidate.device);
  std::optional<int64_t> found;
  for (int64_t factor = window.first; factor < window.first + window.count - 1; ++factor) {
    const bool is_first = FindOtp(candidate.secret.bytes(), parameters, factor, 1, first).has_value();
    const bool is_second = FindOtp(candidate.secret.bytes(), parameters, factor + 1, 1, second).has_value();
    if (is_first && is_second) found = factor + 1;
  }
  return found;
}

void JudgeResyncWindow(const RuleContext& context, const Device& device, int index, absl::string_view first,
                       absl::string_view second, Verdict& verdict) {
  const std::optional<Candidate> candidate = Prepare(context, device, verdict);
  if (!candidate.has_value()) return;
  const CounterWindow window = candidate->kind.ResyncWindow(device, context.now);
  verdict.candidates += window.count;
  const std::optional<int64_t> later = FindConsecutive(*candidate, window, first, second);
  // Nothing but exactly the pair that ends with the last accepted code: of a pair that begins with it the
  // second one is fresh, and a guess.
  const CounterWindow spent{device.next_counter() - 2, 2};
  const bool accepted_last = FindConsecutive(*candidate, spent, first, second).has_value();
  // Both must be fresh, so the earlier one decides.
  if (later.has_value() && *later - 1 >= device.next_counter()) {
    verdict.matches.push_back(Match{index, *later});
  } else {
    Refuse(accepted_last, later, verdict);
  }
}

}  // namespace

bool Scope::Admits(absl::string_view id, v1::MethodType type) const {
  if (!method_id.empty() && method_id != id) return false;
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

Verdict JudgeDeviceCode(const RuleContext& context, const SubjectRecord& record, const Scope& scope,
                        absl::string_view code) {
  Verdict verdict;
  bool any = false;
  for (int i = 0; i < record.devices_size(); ++i) {
    const Device& device = record.devices(i);
    if (device.state() != v1::METHOD_STATE_ACTIVE || !scope.Admits(device.method_id(), device.type()))
      continue;
    any = true;
    JudgeLoginWindow(context, device, i, code, verdict);
  }
  if (!any) JudgeDecoy(context, code);
  return verdict;
}

Verdict JudgeOneDevice(const RuleContext& context, const SubjectRecord& record, int device,
                       absl::string_view code) {
  Verdict verdict;
  JudgeLoginWindow(context, record.devices(device), device, code, verdict);
  return verdict;
}

Verdict JudgeBackupCode(const RuleContext& context, const SubjectRecord& record, const Scope& scope,
                        absl::string_view code, const Evidence& evidence, Need& need) {
  Verdict verdict;
  std::optional<BackupCodeHashes> hashes;
  if (record.has_backup_codes() && scope.Admits(kBackupMethodId, v1::METHOD_TYPE_BACKUP_CODES)) {
    absl::StatusOr<BackupCodeHashes> opened =
        OpenBackupCodes(context.ring, context.subject, record.backup_codes());
    if (opened.ok()) {
      hashes = *std::move(opened);
    } else {
      verdict.left_out = UnsealError(opened.status());
    }
  }
  const std::string& salt = hashes.has_value() ? hashes->salt() : context.decoy.salt;
  const int iterations = hashes.has_value() ? hashes->iterations() : context.limits.backup_hash_iterations;
  if (!evidence.typed_hash.has_value() || evidence.typed_hash->salt != salt ||
      evidence.typed_hash->iterations != iterations) {
    need = Need{Need::Kind::kTypedHash, salt, iterations, 0};
    return verdict;
  }
  if (!hashes.has_value()) return verdict;
  verdict.candidates = 1;
  const int slot = BackupCodeSlot(code);
  const BackupCodeState state = StateOfTyped(record.backup_codes(), *hashes, slot, *evidence.typed_hash);
  if (state == BackupCodeState::kUnused) verdict.backup_slot = slot;
  verdict.replayed = state == BackupCodeState::kSpent;
  return verdict;
}

Verdict JudgeConsecutiveCodes(const RuleContext& context, const SubjectRecord& record,
                              absl::string_view method_id, absl::string_view first,
                              absl::string_view second) {
  Verdict verdict;
  for (int i = 0; i < record.devices_size(); ++i) {
    const Device& device = record.devices(i);
    if (device.state() != v1::METHOD_STATE_ACTIVE || device.method_id() != method_id) continue;
    JudgeResyncWindow(context, device, i, first, second, verdict);
    return verdict;
  }
  Verdict void_verdict;
  JudgeResyncWindow(OfDecoy(context), context.decoy.device, 0, first, second, void_verdict);
  return verdict;
}

}  // namespace twofold
