#include "tests/model/actions.h"

namespace twofold {
namespace {

constexpr const char* kNames[] = {"Enroll",      "Confirm", "Verify",  "VerifyNamed", "Resync", "Rotate",
                                  "DeleteCodes", "Delete",  "Disable", "Enable",      "Import", "ImportAgain",
                                  "List",        "Clock",   "Restart", "Unlock",      "Reset"};

constexpr const char* kMishaps[] = {"",          "rival",       "wrong rival",      "conflict",
                                    "conflicts", "unavailable", "unknown and lost", "unknown and done"};

constexpr const char* kResends[] = {"", "sent again", "sent again after a crash"};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Action& a) {
  return out << kNames[static_cast<int>(a.what)] << "(device " << a.device << ", text "
             << static_cast<int>(a.text) << " of " << a.typed_device << (a.delta < 0 ? "" : "+") << a.delta
             << ", jump " << a.jump << ") " << kMishaps[static_cast<int>(a.mishap)] << " "
             << kResends[static_cast<int>(a.resend)];
}

rc::Gen<Action> Actions() {
  using rc::gen::inRange;
  const auto what = rc::gen::weightedElement<Do>({{6, Do::kEnroll},
                                                  {8, Do::kConfirm},
                                                  {14, Do::kVerify},
                                                  {6, Do::kVerifyNamed},
                                                  {5, Do::kResync},
                                                  {3, Do::kRotate},
                                                  {1, Do::kDeleteCodes},
                                                  {3, Do::kDelete},
                                                  {3, Do::kDisable},
                                                  {3, Do::kEnable},
                                                  {2, Do::kImport},
                                                  {2, Do::kImportAgain},
                                                  {2, Do::kList},
                                                  {14, Do::kClock},
                                                  {1, Do::kRestart},
                                                  {1, Do::kUnlock},
                                                  {1, Do::kReset}});
  const auto text = rc::gen::weightedElement<Text>(
      {{10, Text::kCode}, {4, Text::kWrong}, {3, Text::kBackup}, {1, Text::kNone}});
  const auto delta =
      rc::gen::weightedOneOf<int>({{6, inRange(-1, 2)}, {2, inRange(-4, 5)}, {1, inRange(-22, 23)}});
  const auto jump = rc::gen::weightedOneOf<int>(
      {{8, inRange(3, 20)}, {2, inRange(-70, 70)}, {2, inRange(0, 400)}, {1, inRange(-400, 20'000)}});
  const auto mishap = rc::gen::weightedElement<Mishap>({{28, Mishap::kNone},
                                                        {3, Mishap::kRival},
                                                        {1, Mishap::kWrongRival},
                                                        {1, Mishap::kConflict},
                                                        {1, Mishap::kConflicts},
                                                        {1, Mishap::kUnavailable},
                                                        {1, Mishap::kUnknownAndLost},
                                                        {1, Mishap::kUnknownAndDone}});
  const auto resend =
      rc::gen::weightedElement<Resend>({{8, Resend::kNo}, {1, Resend::kAtOnce}, {1, Resend::kAfterCrash}});
  return rc::gen::build<Action>(
      rc::gen::set(&Action::what, what), rc::gen::set(&Action::device, inRange(0, 3)),
      rc::gen::set(&Action::text, text), rc::gen::set(&Action::typed_device, inRange(0, 3)),
      rc::gen::set(&Action::delta, delta), rc::gen::set(&Action::jump, jump),
      rc::gen::set(&Action::mishap, mishap), rc::gen::set(&Action::resend, resend));
}

}  // namespace twofold
