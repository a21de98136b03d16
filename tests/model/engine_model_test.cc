// The engine against a model of it, over random sequences of calls and jumps of the clock. A sequence on
// which they differ is shrunk to a short one and printed.

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "tests/harness/engine_harness.h"
#include "tests/harness/user.h"
#include "tests/model/subject_model.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

enum class Do {
  kEnroll,
  kConfirm,
  kVerify,
  kVerifyNamed,
  kResync,
  kRotate,
  kDelete,
  kDisable,
  kEnable,
  kList,
  kClock,
  kRestart,
  kUnlock,
  kReset
};

constexpr const char* kNames[] = {"Enroll", "Confirm", "Verify",  "VerifyNamed", "Resync",
                                  "Rotate", "Delete",  "Disable", "Enable",      "List",
                                  "Clock",  "Restart", "Unlock",  "Reset"};

enum class Text { kCode, kWrong, kBackup, kNone };

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
};

std::ostream& operator<<(std::ostream& out, const Action& a) {
  return out << kNames[static_cast<int>(a.what)] << "(device " << a.device << ", text "
             << static_cast<int>(a.text) << " of " << a.typed_device << (a.delta < 0 ? "" : "+") << a.delta
             << ", jump " << a.jump << ")";
}

rc::Gen<Action> Actions() {
  using rc::gen::inRange;
  const auto what = rc::gen::weightedElement<Do>({{6, Do::kEnroll},
                                                  {8, Do::kConfirm},
                                                  {14, Do::kVerify},
                                                  {6, Do::kVerifyNamed},
                                                  {5, Do::kResync},
                                                  {3, Do::kRotate},
                                                  {3, Do::kDelete},
                                                  {3, Do::kDisable},
                                                  {3, Do::kEnable},
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
  return rc::gen::build<Action>(
      rc::gen::set(&Action::what, what), rc::gen::set(&Action::device, inRange(0, 3)),
      rc::gen::set(&Action::text, text), rc::gen::set(&Action::typed_device, inRange(0, 3)),
      rc::gen::set(&Action::delta, delta), rc::gen::set(&Action::jump, jump));
}

class Run {
 public:
  void Play(const Action& action) {
    RC_LOG() << action << "\n";
    const UnixMillis now = harness_.clock().Now();
    const std::string id = apps_.empty() ? "nosuchmethod" : Pick(action.device).method_id();
    const std::string code = Typed(action, now);
    switch (action.what) {
      case Do::kEnroll:
        return Enroll(now, code, action.delta % 2 != 0);
      case Do::kConfirm:
        return Confirm(now, action, id);
      case Do::kVerify:
        return Same(user_.Verify(code), model_.Verify(now, code, ""));
      case Do::kVerifyNamed:
        return Same(user_.Verify(code, id), model_.Verify(now, code, id));
      case Do::kResync:
        return Resync(now, action, id);
      case Do::kRotate:
        return Rotate(now, code);
      case Do::kDelete:
        return Delete(now, id, code);
      case Do::kDisable:
      case Do::kEnable: {
        auto request = user_.About<v1::UpdateMethodRequest>();
        request.set_method_id(id);
        request.set_enabled(action.what == Do::kEnable);
        request.mutable_update_mask()->add_paths("enabled");
        request.set_proof_code(code);
        return Same(harness_.Call(request), model_.SetEnabled(now, id, request.enabled(), code));
      }
      case Do::kList:
        return List(now);
      case Do::kClock:
        return harness_.clock().Advance(int64_t{action.jump} * 10'000);
      case Do::kRestart:
        return harness_.Restart();
      case Do::kUnlock:
        return AsAdministrator(user_.About<v1::UnlockSubjectRequest>(), [&] { return model_.Unlock(now); });
      case Do::kReset:
        return AsAdministrator(user_.About<v1::ResetSubjectRequest>(), [&] { return model_.Reset(now); });
    }
  }

  void List(UnixMillis now) {
    const auto listed = user_.List();
    const SubjectModel::View view = model_.Look(now);
    RC_ASSERT(listed.ok());
    RC_ASSERT(listed->second_factor_required() == view.required);
    RC_ASSERT(listed->has_record() == view.exists);
    RC_ASSERT(listed->permanently_locked() == view.permanently_locked);
    const auto& until = listed->locked_until();
    RC_ASSERT(until.seconds() * 1000 + until.nanos() / 1'000'000 == view.locked_until);
    size_t devices = 0;
    size_t codes = 0;
    for (const v1::Method& method : listed->methods()) {
      if (method.has_backup_codes()) {
        codes = static_cast<size_t>(method.backup_codes().remaining());
        continue;
      }
      ++devices;
      const auto same = std::find_if(view.devices.begin(), view.devices.end(), [&](const auto& device) {
        return device.app->method_id() == method.method_id();
      });
      RC_ASSERT(same != view.devices.end());
      RC_ASSERT(static_cast<int>(method.state()) == static_cast<int>(same->state) + 1);
      RC_ASSERT(method.totp().clock_offset_steps() == same->offset);
    }
    RC_ASSERT(devices == view.devices.size());
    RC_ASSERT(codes == view.unused_codes);
  }

  int accepted() const { return accepted_; }

 private:
  static Limits WithoutLimiter() {
    Limits limits = DefaultLimits();
    const Limits open = OpenLimits();
    limits.login_limit = open.login_limit;
    limits.resync_limit = open.resync_limit;
    limits.backup_limit = open.backup_limit;
    limits.write_limit = open.write_limit;
    return limits;
  }

  template <typename T>
  void Same(const absl::StatusOr<T>& answer, const std::string& expected) {
    const std::string reason = Reason(answer);
    RC_LOG() << "  -> " << reason << "\n";
    RC_ASSERT(reason == expected);
    accepted_ += answer.ok() ? 1 : 0;
  }

  const App& Pick(int from_latest) const {
    if (apps_.empty()) return nobodys_;
    const size_t last = apps_.size() - 1;
    return *apps_[last - std::min(static_cast<size_t>(from_latest), last)];
  }

  // `delta` factors from the one that the device shows.
  std::string CodeOf(const App& app, UnixMillis now, int64_t delta) const {
    int64_t middle = now / 30'000;
    if (hotp_.contains(app.method_id())) middle = 0;
    for (const SubjectModel::Device& device : model_.Look(now).devices) {
      if (device.app->method_id() == app.method_id())
        middle = device.is_hotp ? device.next : middle + device.offset;
    }
    return app.CodeOf(std::max<int64_t>(0, middle + delta));
  }

  std::string Typed(const Action& action, UnixMillis now) const {
    if (action.text == Text::kNone) return "";
    if (action.text == Text::kWrong || apps_.empty()) return "000000";
    if (action.text == Text::kCode) return CodeOf(Pick(action.typed_device), now, action.delta);
    if (codes_.empty()) return "2345-6789-ABCD-EFGH";
    return codes_[static_cast<size_t>(std::abs(action.delta) * 7 + action.typed_device) % codes_.size()];
  }

  void Enroll(UnixMillis now, const std::string& proof, bool is_hotp) {
    auto request = user_.About<v1::EnrollRequest>();
    if (is_hotp) request.set_type(v1::METHOD_TYPE_HOTP);
    request.set_proof_code(proof);
    const auto answer = harness_.Call(request);
    Same(answer, model_.Enroll(now, proof));
    if (!answer.ok()) return;
    apps_.push_back(std::make_shared<const App>(answer->method().method_id(), answer->otpauth_uri()));
    if (is_hotp) hotp_.insert(apps_.back()->method_id());
    model_.Enrolled(now, apps_.back(), is_hotp);
  }

  void Confirm(UnixMillis now, const Action& action, const std::string& id) {
    auto request = user_.About<v1::ConfirmEnrollmentRequest>();
    if (apps_.empty()) return;
    request.set_method_id(id);
    request.set_code(action.text == Text::kWrong ? "000000" : CodeOf(Pick(action.device), now, action.delta));
    const auto answer = harness_.Call(request);
    bool first = false;
    Same(answer, model_.Confirm(now, id, request.code(), first));
    if (!answer.ok()) return;
    RC_ASSERT((answer->backup_codes_size() > 0) == first);
    if (first) ShowedCodes(answer->backup_codes());
  }

  void Resync(UnixMillis now, const Action& action, const std::string& id) {
    if (apps_.empty()) return;
    auto request = user_.About<v1::ResyncMethodRequest>();
    request.set_method_id(id);
    const bool wrong = action.text == Text::kWrong;
    request.add_codes(CodeOf(Pick(action.typed_device), now, action.delta));
    request.add_codes(CodeOf(Pick(action.typed_device), now, action.delta + (wrong ? 2 : 1)));
    Same(harness_.Call(request), model_.Resync(now, id, request.codes(0), request.codes(1)));
  }

  void Rotate(UnixMillis now, const std::string& proof) {
    auto request = user_.About<v1::RotateBackupCodesRequest>();
    request.set_count(5);
    request.set_proof_code(proof);
    const auto answer = harness_.Call(request);
    Same(answer, model_.Rotate(now, proof));
    if (answer.ok()) ShowedCodes(answer->backup_codes());
  }

  void Delete(UnixMillis now, const std::string& id, const std::string& proof) {
    auto request = user_.About<v1::DeleteMethodRequest>();
    request.set_method_id(id);
    request.set_proof_code(proof);
    const auto answer = harness_.Call(request);
    const size_t codes = model_.Look(now).unused_codes;
    Same(answer, model_.Delete(now, id, proof));
    if (!answer.ok()) return;
    const bool required = model_.Look(now).required;
    // A backup code that was the proof is spent, not deleted.
    const size_t deleted = codes - (codes > 0 && proof.size() > 8 ? 1 : 0);
    RC_ASSERT(answer->second_factor_required() == required);
    RC_ASSERT(static_cast<size_t>(answer->deleted_backup_codes()) == (required ? 0 : deleted));
  }

  template <typename Request, typename Model>
  void AsAdministrator(const Request& request, Model model) {
    const bool exists = model_.Look(harness_.clock().Now()).exists;
    const auto answer = harness_.Call(request);
    Same(answer, model());
    RC_ASSERT(answer->had_record() == exists);
  }

  template <typename Codes>
  void ShowedCodes(const Codes& codes) {
    model_.ShowedCodes({codes.begin(), codes.end()});
    codes_.insert(codes_.end(), codes.begin(), codes.end());
  }

  EngineHarness harness_{"memory:", WithoutLimiter()};
  User user_{harness_, "ann"};
  SubjectModel model_;
  // Of every device and set of backup codes that there ever was.
  std::vector<std::shared_ptr<const App>> apps_;
  std::set<std::string> hotp_;
  std::vector<std::string> codes_;
  const App nobodys_;
  int accepted_ = 0;
};

RC_GTEST_PROP(Engine, AnswersAsItsModel, ()) {
  const std::vector<Action> actions = *rc::gen::container<std::vector<Action>>(Actions());
  Run run;
  if (*rc::gen::weightedElement<bool>({{4, true}, {1, false}})) {
    for (const Do what : {Do::kEnroll, Do::kConfirm, Do::kClock}) {
      Action action;
      action.what = what;
      action.text = Text::kCode;
      action.jump = 6;
      run.Play(action);
    }
  }
  for (const Action& action : actions) run.Play(action);
  run.Play(Action());
  RC_TAG(run.accepted() / 5 * 5);
}

}  // namespace
}  // namespace twofold
