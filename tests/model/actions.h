#ifndef TWOFOLD_TESTS_MODEL_ACTIONS_H_
#define TWOFOLD_TESTS_MODEL_ACTIONS_H_

#include <ostream>

#include "rapidcheck.h"

namespace twofold {

// A sequence of the model test consists of actions. An action is a call, a jump of the clock or a
// restart, and may say what goes wrong around the call.

enum class Do {
  kEnroll,
  kConfirm,
  kVerify,
  kVerifyNamed,
  kResync,
  kRotate,
  kDeleteCodes,
  kDelete,
  kDisable,
  kEnable,
  kImport,
  kImportAgain,
  kList,
  kClock,
  kRestart,
  kUnlock,
  kReset
};

enum class Text { kCode, kWrong, kBackup, kNone };

// A mishap meets the first write of a call.
enum class Mishap {
  kNone,
  // Another server writes first: its user presents the same code, or a wrong one.
  kRival,
  kWrongRival,
  // The storage says that another writer was faster: once, and more often than the server tries.
  kConflict,
  kConflicts,
  // Nothing is written, and the server knows it or does not.
  kUnavailable,
  kUnknownAndLost,
  // It is written, and the server is not told.
  kUnknownAndDone,
};

// Says whether the caller loses the answer and sends the request again under the same id.
enum class Resend { kNo, kAtOnce, kAfterCrash };

struct Action {
  Do what = Do::kList;
  // Which of the devices that were ever enrolled, counted from the latest.
  int device = 0;
  // Whose code is typed, which one around the right one, and whether it is one at all.
  Text text = Text::kNone;
  int typed_device = 0;
  int delta = 0;
  // Tens of seconds.
  int jump = 0;
  Mishap mishap = Mishap::kNone;
  Resend resend = Resend::kNo;
};

std::ostream& operator<<(std::ostream& out, const Action& action);

rc::Gen<Action> Actions();

}  // namespace twofold

#endif  // TWOFOLD_TESTS_MODEL_ACTIONS_H_
