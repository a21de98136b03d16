#ifndef TWOFOLD_SERVER_RULES_CHECK_H_
#define TWOFOLD_SERVER_RULES_CHECK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/rules/context.h"

// Checking what was presented, and what it costs or consumes. Verify, ResyncMethod and every proof go through
// ConsumePresented, and ConfirmEnrollment through ConsumeConfirmation. No other function checks anything.
//
// Some rejections are free, because they tell a guesser nothing: a replay, that is what a method accepted
// last or a used backup code, an answer to no live challenge, anything that cannot be guessed, and anything
// that is presented for a subject without a confirmed device. An older code of the window is charged.

namespace twofold {

// Which methods something may be presented for.
struct Scope {
  // Empty: any.
  std::string method_id;
  // Empty: any.
  std::vector<v1::MethodType> types;
  // Without methods of the weaker types (Authenticator::restricted).
  bool is_proof = false;

  bool Admits(const internal::v1::Method& method) const;
};

// Checks `presented` against every active method in `scope` whose type takes it, or against nobody's method
// where there is none, so that the work tells nothing.
//
// Right: OK. It is marked as used by every method that it matched, consecutive failures end, and
// draft.method_id names the method. Wrong: CODE_REJECTED, and both counts are charged. Under a lock nothing
// that can be guessed is checked (LOCKED). What cannot be guessed is, and costs nothing while a lock holds.
OrWork<absl::Status> ConsumePresented(const RuleContext& context, const Scope& scope,
                                      const Presented& presented, Draft& draft);

// The proof that a change of a subject with a confirmed device needs: PROOF_REQUIRED without one. Rules ask
// for it last, so that a call that fails anyway neither consumes nor charges it.
OrWork<absl::Status> ConsumeProof(const RuleContext& context, const std::optional<Presented>& proof,
                                  Draft& draft);

// What confirms `pending`, a method of the draft. Right clears no count, and wrong charges both. Before the
// subject's first confirmed device it is checked under every lock, and wrong charges nothing.
OrWork<absl::Status> ConsumeConfirmation(const RuleContext& context, internal::v1::Method& pending,
                                         const Presented& presented, Draft& draft);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_CHECK_H_
