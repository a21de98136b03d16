#include "server/engine/budget.h"

#include <algorithm>

#include "server/engine/errors.h"
#include "storage/gcra.h"

namespace twofold {
namespace {

using internal::v1::FailureBudget;

Gcra LongTermBudget(const Policy& policy) {
  return Gcra(std::max<int64_t>(1, kMillisPerDay / policy.long_term_refill_per_day), policy.long_term_budget);
}

// The lock that the n-th consecutive failure starts: doubled with each one up to the maximum.
int64_t LockLength(const Policy& policy, int32_t consecutive_failures) {
  int64_t length = policy.lock_initial_ms;
  for (int32_t n = policy.lock_after; n < consecutive_failures && length < policy.lock_max_ms; ++n) length *= 2;
  return std::min(length, policy.lock_max_ms);
}

}  // namespace

LockState LockStateOf(const Policy& policy, const FailureBudget& budget, UnixMillis now) {
  if (budget.consecutive_failures() >= policy.permanent_lock_after) return LockState{true, true, 0};
  const int64_t long_term_wait = LongTermBudget(policy).TimeUntil(budget.long_term_full_time(), now);
  const UnixMillis until = std::max(budget.locked_until(), now + long_term_wait);
  if (until <= now) return LockState{};
  return LockState{true, false, until};
}

absl::Status LockError(const LockState& lock, UnixMillis now) {
  return lock.permanent ? PermanentLockError() : LockedError(absl::Milliseconds(lock.until - now));
}

int ChargeUnits(int candidates) { return std::clamp((candidates + 2) / 3, 1, kMaxChargeUnits); }

void ChargeFailure(const Policy& policy, UnixMillis now, int units, FailureBudget& budget) {
  budget.set_consecutive_failures(std::min(budget.consecutive_failures() + 1, policy.permanent_lock_after));
  if (budget.consecutive_failures() >= policy.lock_after) {
    budget.set_locked_until(now + LockLength(policy, budget.consecutive_failures()));
  }
  budget.set_long_term_full_time(LongTermBudget(policy).Charge(budget.long_term_full_time(), now, units));
}

void ClearConsecutiveFailures(FailureBudget& budget) {
  budget.clear_consecutive_failures();
  budget.clear_locked_until();
}

void CutToMaximum(const Policy& policy, UnixMillis now, FailureBudget& budget) {
  budget.set_locked_until(std::min(budget.locked_until(), now + policy.lock_max_ms));
  // The last unit may pay for a dearer code, so that the debt is at most kMaxChargeUnits - 1.
  budget.set_long_term_full_time(LongTermBudget(policy).Cut(budget.long_term_full_time(), now, kMaxChargeUnits - 1));
}

bool Untouched(const FailureBudget& budget, UnixMillis now) {
  return budget.consecutive_failures() == 0 && budget.locked_until() <= now && budget.long_term_full_time() <= now;
}

}  // namespace twofold
