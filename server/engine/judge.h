#ifndef TWOFOLD_SERVER_ENGINE_JUDGE_H_
#define TWOFOLD_SERVER_ENGINE_JUDGE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/rules.h"
#include "server/methods/typed_code.h"

// Judging a code against a subject's methods. Nothing here changes a record: what a verdict costs or spends
// is in spend.h.

namespace twofold {

// Which methods a code may be for.
struct Scope {
  // Empty: any.
  std::string method_id;
  // Empty: any.
  std::vector<v1::MethodType> types;

  bool Admits(absl::string_view id, v1::MethodType type) const;
};

struct Match {
  // A device's index in the record, and the factor whose code it was.
  int device = 0;
  int64_t factor = 0;
};

struct Verdict {
  // Fresh matches. A code that is right for several devices is right for all of them.
  std::vector<Match> matches;
  // The slot of a matching backup code; -1: none.
  int backup_slot = -1;
  // How many candidate codes were compared that could have been accepted.
  int candidates = 0;
  // It is the code that a device accepted last, or a backup code that is spent: whoever sends it again
  // guesses nothing.
  bool replayed = false;
  // A code of the window matched that is older than the last accepted one.
  bool outdated = false;
  // Why some method was left out; OK when none was.
  absl::Status left_out;
  // The clock cannot be right, so that nothing may be concluded.
  bool clock_is_behind = false;

  bool accepted() const { return !matches.empty() || backup_slot >= 0; }
};

// Compares a device code with every code of the login windows of the active devices in `scope`, and with the
// one that each accepted last; or with the decoy's where there are none, so that the work tells nothing.
Verdict JudgeDeviceCode(const RuleContext& context, const internal::v1::SubjectRecord& record,
                        const Scope& scope, absl::string_view code);

// The same against one device, whatever its state: for its confirmation.
Verdict JudgeOneDevice(const RuleContext& context, const internal::v1::SubjectRecord& record, int device,
                       absl::string_view code);

// Compares a backup code with its slot, by exactly one hash, which it may first ask for in `need`.
Verdict JudgeBackupCode(const RuleContext& context, const internal::v1::SubjectRecord& record,
                        const Scope& scope, absl::string_view code, const Evidence& evidence, Need& need);

// Searches two consecutive codes in the resynchronisation window of one active device, or of the decoy, and
// compares them with the last two that are spent. A match's factor is the second code's.
Verdict JudgeConsecutiveCodes(const RuleContext& context, const internal::v1::SubjectRecord& record,
                              absl::string_view method_id, absl::string_view first, absl::string_view second);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_JUDGE_H_
