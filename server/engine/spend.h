#ifndef TWOFOLD_SERVER_ENGINE_SPEND_H_
#define TWOFOLD_SERVER_ENGINE_SPEND_H_

#include "absl/status/status.h"
#include "server/engine/judge.h"
#include "server/engine/rules.h"
#include "server/methods/typed_code.h"

// What a code costs and what it spends. Verify and every proof_code go through SpendCode, ConfirmEnrollment
// through SpendConfirmation and ResyncMethod through SpendConsecutiveCodes: no other way leads to a verdict.
//
// Two wrong codes are free, since they tell a guesser nothing: a replay, that is the code that a device
// accepted last or a spent backup code, and any code of a subject without a confirmed device. An older code
// of the window is charged.

namespace twofold {

// Right: OK, the code is spent everywhere it matched, consecutive failures end, draft.method_id names the
// method. Wrong: CODE_REJECTED and both counts are charged. Under a lock device codes are not looked at
// (LOCKED), backup codes are, free of charge. With draft.need set nothing was decided.
absl::Status SpendCode(const RuleContext& context, const Scope& scope, const TypedCode& code,
                       const Evidence& evidence, Draft& draft);

// The proof that a change of a subject with a confirmed device needs: PROOF_REQUIRED without a code. Judged
// last by the rules that ask for it, so that it is neither spent nor charged by a call that fails anyway.
absl::Status SpendProof(const RuleContext& context, const std::optional<TypedCode>& proof,
                        const Evidence& evidence, Draft& draft);

// The first code of a pending device, at `device` in the record. Right clears no count, wrong charges both.
// Before the subject's first confirmed device it passes under every lock, and wrong charges nothing.
absl::Status SpendConfirmation(const RuleContext& context, int device, const TypedCode& code, Draft& draft);

// Two consecutive codes, also under a lock, then free of charge when wrong.
absl::Status SpendConsecutiveCodes(const RuleContext& context, absl::string_view method_id,
                                   const TypedCode& first, const TypedCode& second, Draft& draft);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_SPEND_H_
