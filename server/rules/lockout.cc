#include "server/rules/lockout.h"

#include <algorithm>

#include "server/errors.h"
#include "storage/gcra.h"

namespace twofold {
namespace {

using internal::v1::FailureBudget;

Gcra LongTermBudget(const Limits& limits) {
  return Gcra(std::max<int64_t>(1, kMillisPerDay / limits.long_term_refill_per_day), limits.long_term_budget);
}

// The lock that the n-th consecutive failure starts: doubled with each one up to the maximum.
int64_t LockLength(const Limits& limits, int32_t consecutive_failures) {
  int64_t length = limits.lock_initial_ms;
  for (int32_t n = limits.lock_after; n < consecutive_failures && length < limits.lock_max_ms; ++n)
    length *= 2;
  return std::min(length, limits.lock_max_ms);
}

}  // namespace

LockState LockStateOf(const Limits& limits, const FailureBudget& budget, UnixMillis now) {
  if (budget.consecutive_failures() >= limits.permanent_lock_after) return LockState{true, true, 0};
  const int64_t long_term_wait = LongTermBudget(limits).TimeUntil(budget.long_term_full_time(), now);
  const UnixMillis until = std::max(budget.locked_until(), now + long_term_wait);
  if (until <= now) return LockState{};
  return LockState{true, false, until};
}

absl::Status LockError(const LockState& lock, UnixMillis now) {
  return lock.permanent ? PermanentLockError() : LockedError(absl::Milliseconds(lock.until - now));
}

int ChargeUnits(int candidates) { return std::clamp((candidates + 2) / 3, 1, kMaxChargeUnits); }

void ChargeFailure(const Limits& limits, UnixMillis now, int units, FailureBudget& budget) {
  budget.set_consecutive_failures(std::min(budget.consecutive_failures() + 1, limits.permanent_lock_after));
  if (budget.consecutive_failures() >= limits.lock_after) {
    budget.set_locked_until(now + LockLength(limits, budget.consecutive_failures()));
  }
  budget.set_long_term_full_time(LongTermBudget(limits).Charge(budget.long_term_full_time(), now, units));
}

void ClearConsecutiveFailures(FailureBudget& budget) {
  budget.clear_consecutive_failures();
  budget.clear_locked_until();
}

void CutToMaximum(const Limits& limits, UnixMillis now, FailureBudget& budget) {
  budget.set_locked_until(std::min(budget.locked_until(), now + limits.lock_max_ms));
  // The last unit may pay for a dearer code, so that the debt is at most kMaxChargeUnits - 1.
  budget.set_long_term_full_time(
      LongTermBudget(limits).Cut(budget.long_term_full_time(), now, kMaxChargeUnits - 1));
}

bool Untouched(const FailureBudget& budget, UnixMillis now) {
  return budget.consecutive_failures() == 0 && budget.locked_until() <= now &&
         budget.long_term_full_time() <= now;
}

}  // namespace twofold
