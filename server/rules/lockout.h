#ifndef TWOFOLD_SERVER_RULES_LOCKOUT_H_
#define TWOFOLD_SERVER_RULES_LOCKOUT_H_

#include "absl/status/status.h"
#include "common/clock.h"
#include "server/rules/limits.h"
#include "twofold/internal/v1/record.pb.h"

// The durable guard against guessing: two counts over all methods of a subject, both charged by the write
// that rejects. Pure functions.

namespace twofold {

struct LockState {
  bool locked = false;
  // Only an administrator, a backup code or a resynchronisation ends it.
  bool permanent = false;
  // When an OTP is checked again. 0 unless `locked` and not `permanent`.
  UnixMillis until = 0;
};

LockState LockStateOf(const Limits& limits, const internal::v1::FailureBudget& budget, UnixMillis now);

// The error for a code that is not checked because of `lock`, which is locked.
absl::Status LockError(const LockState& lock, UnixMillis now);

// The price of a rejected code: one unit per three candidates compared, rounded up, 1 to kMaxChargeUnits.
inline constexpr int kMaxChargeUnits = 5;
int ChargeUnits(int candidates);

// Counts a rejected code.
void ChargeFailure(const Limits& limits, UnixMillis now, int units, internal::v1::FailureBudget& budget);

// A success: the consecutive failures, their lock and the permanent lock end; the long-term budget stays.
void ClearConsecutiveFailures(internal::v1::FailureBudget& budget);

// After a clock went ahead and back nothing may last longer than its maximum from now.
void CutToMaximum(const Limits& limits, UnixMillis now, internal::v1::FailureBudget& budget);

// Whether nothing is charged.
bool Untouched(const internal::v1::FailureBudget& budget, UnixMillis now);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_LOCKOUT_H_
