#include "server/rules/check.h"

#include <algorithm>
#include <utility>

#include "server/errors.h"
#include "server/methods/challenge.h"
#include "server/rules/grant_record.h"
#include "server/rules/idempotency.h"
#include "server/rules/lockout.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using internal::v1::Method;
using internal::v1::SubjectRecord;

// What the checks of all methods found together.
struct Findings {
  // The methods that accepted, with their places in the record and their new states.
  std::vector<std::pair<int, Method>> accepted;
  int candidates = 0;
  bool replayed = false;
  bool outdated = false;
  bool clock_behind = false;
  bool no_challenge = false;
  bool clone_suspected = false;
  // Why a method could not be checked. OK when every one could.
  absl::Status unreadable;
};

void Add(int index, CheckResult result, Findings& findings) {
  findings.candidates += result.candidates;
  switch (result.outcome) {
    case CheckResult::Outcome::kRejected:
      break;
    case CheckResult::Outcome::kOutdated:
      findings.outdated = true;
      break;
    case CheckResult::Outcome::kReplayed:
      findings.replayed = true;
      break;
    case CheckResult::Outcome::kAccepted:
      findings.accepted.emplace_back(index, std::move(result.after));
      break;
    case CheckResult::Outcome::kClockBehind:
      findings.clock_behind = true;
      break;
    case CheckResult::Outcome::kNoChallenge:
      findings.no_challenge = true;
      break;
    case CheckResult::Outcome::kCloneSuspected:
      findings.clone_suspected = true;
      break;
    case CheckResult::Outcome::kUnreadable:
      findings.unreadable = std::move(result.unreadable);
      break;
  }
}

// The check of nobody's method, to no end but the work.
OrWork<Findings> CheckDecoy(const RuleContext& context, const Presented& presented) {
  const Decoys::Decoy* const decoy = context.decoys.For(presented);
  if (decoy == nullptr) return Findings();
  const MethodContext nobody{context.ring, context.random, context.decoys.nobody(), context.now,
                             context.done};
  OrWork<CheckResult> result = decoy->authenticator->Check(nobody, decoy->method, presented);
  if (result.needs_work()) return std::move(result).work();
  return Findings();
}

OrWork<Findings> CheckMethods(const RuleContext& context, const Scope& scope, const Presented& presented,
                              const SubjectRecord& record) {
  Findings findings;
  bool any = false;
  for (int i = 0; i < record.methods_size(); ++i) {
    const Method& method = record.methods(i);
    if (method.state() != v1::METHOD_STATE_ACTIVE || !scope.Admits(method)) continue;
    const Authenticator* const authenticator = context.authenticators.Find(method.type());
    if (authenticator == nullptr) findings.unreadable = RecordCorruptError();
    if (authenticator == nullptr || !authenticator->Takes(presented)) continue;
    if (scope.is_proof && authenticator->restricted()) continue;
    any = true;
    OrWork<CheckResult> result = authenticator->Check(context, method, presented);
    if (result.needs_work()) return std::move(result).work();
    Add(i, std::move(result.value()), findings);
  }
  if (any) return findings;
  OrWork<Findings> nothing = CheckDecoy(context, presented);
  if (nothing.needs_work()) return nothing;
  return findings;
}

absl::Status RefuseLocked(const RuleContext& context, const LockState& lock, Draft& draft) {
  draft.cause = lock.permanent ? Cause::kPermanentLock : Cause::kLocked;
  return LockError(lock, context.now);
}

// With a wrong clock nothing is charged, and nothing may be found to last too long.
absl::Status ClockIsBehind(Draft& draft) {
  draft.changed = false;
  draft.cause = Cause::kClockBehind;
  return ServerUnfitError("this server's clock is behind codes that were already accepted");
}

Cause CauseOf(const Findings& findings) {
  if (findings.clone_suspected) return Cause::kCloneSuspected;
  if (findings.replayed) return Cause::kReplayed;
  if (findings.outdated) return Cause::kOutdated;
  if (!findings.unreadable.ok()) return Cause::kMethodUnreadable;
  const bool only_no_challenge = findings.no_challenge && findings.candidates == 0;
  return only_no_challenge ? Cause::kNoChallenge : Cause::kWrong;
}

// Whether what was presented could have hit by chance.
bool IsGuess(const Presented& presented, const Findings& findings) {
  if (GuessingOf(presented) == Guessing::kUnguessable || findings.replayed) return false;
  const bool compared = findings.candidates > 0;
  return compared || (findings.unreadable.ok() && !findings.no_challenge);
}

// Charges what was not accepted, unless it was no guess, nothing was there to be guessed, or a lock makes it
// free.
absl::Status Reject(const RuleContext& context, const Presented& presented, const Findings& findings,
                    bool locked, Draft& draft) {
  const bool unreadable = !findings.unreadable.ok();
  draft.cause = CauseOf(findings);
  const bool charge = HasConfirmedDevice(draft.record) && !locked && IsGuess(presented, findings);
  absl::Status rejection = unreadable ? findings.unreadable : CodeRejectedError();
  if (charge) {
    ChargeFailure(context.limits, context.now, ChargeUnits(findings.candidates),
                  *draft.record.mutable_budget());
    draft.answered = RememberedRejection(rejection);
    draft.changed = true;
  }
  // Who has a copy of the key may have the browser's cookies as well.
  if (findings.clone_suspected && EndGrants(draft.record) > 0) draft.changed = true;
  return rejection;
}

void Accept(const RuleContext& context, const Presented& presented, Findings findings, Draft& draft) {
  draft.method_id = findings.accepted.front().second.method_id();
  draft.accepted_id = draft.method_id;
  for (auto& [index, after] : findings.accepted) {
    after.set_last_used_time(context.now);
    *draft.record.mutable_methods(index) = std::move(after);
  }
  if (const internal::v1::ChallengeToken* challenge = ChallengeOf(presented)) {
    draft.record.set_challenges_used_until(
        std::max(draft.record.challenges_used_until(), challenge->issue_time()));
  }
  // Who recovers may have lost a device on which the user is remembered.
  if (GuessingOf(presented) == Guessing::kRecovery) EndGrants(draft.record);
  draft.answered.emplace();
  draft.changed = true;
}

}  // namespace

bool Scope::Admits(const Method& method) const {
  if (!method_id.empty() && method_id != method.method_id()) return false;
  return types.empty() || std::find(types.begin(), types.end(), method.type()) != types.end();
}

OrWork<absl::Status> ConsumePresented(const RuleContext& context, const Scope& scope,
                                      const Presented& presented, Draft& draft) {
  const LockState lock = LockStateOf(context.limits, draft.record.budget(), context.now);
  if (lock.locked && GuessingOf(presented) == Guessing::kRoutine) return RefuseLocked(context, lock, draft);
  OrWork<Findings> checked = CheckMethods(context, scope, presented, draft.record);
  if (checked.needs_work()) return std::move(checked).work();
  Findings& findings = checked.value();
  if (findings.clock_behind) return ClockIsBehind(draft);
  if (findings.accepted.empty()) return Reject(context, presented, findings, lock.locked, draft);
  Accept(context, presented, std::move(findings), draft);
  ClearConsecutiveFailures(*draft.record.mutable_budget());
  return absl::OkStatus();
}

OrWork<absl::Status> ConsumeProof(const RuleContext& context, const std::optional<Presented>& proof,
                                  Draft& draft) {
  if (context.has_proof) return absl::OkStatus();
  if (!proof.has_value()) return ProofRequiredError();
  Scope scope;
  scope.is_proof = true;
  return ConsumePresented(context, scope, *proof, draft);
}

OrWork<absl::Status> ConsumeConfirmation(const RuleContext& context, Method& pending,
                                         const Presented& presented, Draft& draft) {
  const LockState lock = LockStateOf(context.limits, draft.record.budget(), context.now);
  // Before the first device a lock protects nothing, and would keep its owner from enrolling it.
  if (lock.locked && HasConfirmedDevice(draft.record) && GuessingOf(presented) == Guessing::kRoutine) {
    return RefuseLocked(context, lock, draft);
  }
  const Authenticator* const authenticator = context.authenticators.Find(pending.type());
  if (authenticator == nullptr) return RecordCorruptError();
  OrWork<CheckResult> checked = authenticator->Check(context, pending, presented);
  if (checked.needs_work()) return std::move(checked).work();
  CheckResult& result = checked.value();
  if (result.outcome == CheckResult::Outcome::kAccepted) {
    pending = std::move(result.after);
    pending.set_last_used_time(context.now);
    draft.method_id = pending.method_id();
    draft.accepted_id = draft.method_id;
    draft.answered.emplace();
    draft.changed = true;
    return absl::OkStatus();
  }
  Findings findings;
  Add(0, std::move(result), findings);
  if (findings.clock_behind) return ClockIsBehind(draft);
  return Reject(context, presented, findings, lock.locked, draft);
}

}  // namespace twofold
