// The engine against a model of it, over random sequences of calls, jumps of the clock, crashes,
// competing writers and failing writes. A sequence on which they differ is shrunk to a short one
// and printed.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "tests/fakes/faulty_storage.h"
#include "tests/fakes/hooked_storage.h"
#include "tests/harness/engine_harness.h"
#include "tests/harness/rounds.h"
#include "tests/harness/user.h"
#include "tests/model/actions.h"
#include "tests/model/subject_model.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

constexpr UnixMillis kStepMillis = 30'000;

// The storage of a server, around which a call meets its mishap.
class MishapStorage final : public ForwardingStorage {
 public:
  explicit MishapStorage(std::unique_ptr<Storage> base)
      : ForwardingStorage(static_cast<Storage&>(hooked_)),
        base_(std::move(base)),
        faulty_(*base_),
        hooked_(faulty_) {}

  FaultyStorage& faulty() { return faulty_; }
  HookedStorage& hooked() { return hooked_; }

 private:
  const std::unique_ptr<Storage> base_;
  FaultyStorage faulty_;
  HookedStorage hooked_;
};

class Run {
 public:
  Run() {
    storage_->hooked().before_put = [this](const std::string&) { MeetMishap(); };
  }

  void Play(const Action& action) {
    RC_LOG() << action << "\n";
    action_ = action;
    now_ = harness_.clock().Now();
    id_ = apps_.empty() ? "nosuchmethod" : Pick(action.device).method_id();
    typed_ = Typed();
    switch (action.what) {
      case Do::kEnroll:
        return Enroll();
      case Do::kConfirm:
        return Confirm();
      case Do::kVerify:
        return Verify("");
      case Do::kVerifyNamed:
        return Verify(id_);
      case Do::kResync:
        return Resync();
      case Do::kRotate:
        return Rotate();
      case Do::kDeleteCodes:
        return DeleteCodes();
      case Do::kDelete:
        return Delete();
      case Do::kDisable:
        return SetEnabled(false);
      case Do::kEnable:
        return SetEnabled(true);
      case Do::kImport:
      case Do::kImportAgain:
        return Import();
      case Do::kList:
        return List();
      case Do::kClock:
        return harness_.clock().Advance(int64_t{action.jump} * 10'000);
      case Do::kRestart:
        return harness_.Restart();
      case Do::kUnlock:
        return AsAdministrator<v1::UnlockSubjectRequest>([this] { return model_.Unlock(now_); });
      case Do::kReset:
        return AsAdministrator<v1::ResetSubjectRequest>([this] { return model_.Reset(now_); });
    }
  }

  void List() {
    const auto listed = user_.List();
    const SubjectModel::View view = model_.Look(harness_.clock().Now());
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
  int struck() const { return struck_count_; }

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

  EngineHarness::Wrapper WithMishaps() {
    return [this](std::unique_ptr<Storage> base) {
      auto storage = std::make_unique<MishapStorage>(std::move(base));
      storage_ = storage.get();
      return storage;
    };
  }

  // The call that is under way is about to write.
  void MeetMishap() {
    if (armed_ == Mishap::kNone) return;
    struck_ = std::exchange(armed_, Mishap::kNone);
    ++struck_count_;
    const auto script = [this](StorageFault fault, int times = 1) {
      storage_->faulty().Script(StorageCall::kPut, fault, times);
    };
    switch (struck_) {
      case Mishap::kRival:
        return VerifyElsewhere(typed_.empty() ? "000000" : typed_);
      case Mishap::kWrongRival:
        return VerifyElsewhere("000000");
      case Mishap::kConflict:
        return script(StorageFault::kConflict);
      case Mishap::kConflicts:
        return script(StorageFault::kConflict, harness_.limits().max_tries);
      case Mishap::kUnavailable:
        return script(StorageFault::kUnavailable);
      case Mishap::kUnknownAndLost:
        return script(StorageFault::kUnknownAndLost);
      case Mishap::kUnknownAndDone:
        return script(StorageFault::kUnknownAndDone);
      case Mishap::kNone:
        return;
    }
  }

  // On another server with the same storage. The call that is under way has read and not written,
  // so the model gets this one first.
  void VerifyElsewhere(const std::string& code) {
    Engine other(harness_.engine().parts());
    auto request = user_.About<v1::VerifyRequest>();
    request.set_code(code);
    CallFacts facts;
    auto flow = Handle(other, facts, request);
    elsewhere_ = Reason(SyncWait(std::move(flow)));
    model_.SetHasRequestId(false);
    elsewhere_expected_ = model_.Verify(now_, code, "");
  }

  // The reason that a mishap gives for a call that has changed nothing. "": none.
  std::string Failure() const {
    if (struck_ == Mishap::kConflicts) return "CONFLICT";
    const bool lost = struck_ == Mishap::kUnavailable || struck_ == Mishap::kUnknownAndLost;
    return lost ? "STORAGE_UNAVAILABLE" : "";
  }

  // The answer that the caller has in the end. Until then calls fail, and answers are lost.
  template <typename Request>
  auto Ask(Request request) {
    constexpr bool kHasId = requires { request.set_request_id(""); };
    if constexpr (kHasId) {
      if (action_.resend != Resend::kNo) request.set_request_id(NewRequestId());
    }
    struck_ = Mishap::kNone;
    armed_ = action_.mishap;
    auto answer = harness_.Call(request);
    armed_ = Mishap::kNone;
    RC_ASSERT(elsewhere_ == elsewhere_expected_);
    if (!Failure().empty()) {
      RC_ASSERT(Reason(answer) == Failure());
      answer = harness_.Call(request);
    }
    model_.SetHasRequestId(kHasId && action_.resend != Resend::kNo);
    if (!kHasId || action_.resend == Resend::kNo) return answer;
    if (action_.resend == Resend::kAfterCrash) harness_.Restart();
    const auto again = harness_.Call(request);
    RC_ASSERT(Reason(again) == Reason(answer));
    if (again.ok()) RC_ASSERT(again->SerializeAsString() == answer->SerializeAsString());
    return answer;
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
  std::string CodeOf(const App& app, int64_t delta) const {
    int64_t middle = now_ / kStepMillis;
    if (hotp_.contains(app.method_id())) middle = 0;
    for (const SubjectModel::Device& device : model_.Look(now_).devices) {
      if (device.app->method_id() == app.method_id())
        middle = device.is_hotp ? device.next : middle + device.offset;
    }
    return app.CodeOf(std::max<int64_t>(0, middle + delta));
  }

  std::string Typed() const {
    if (action_.text == Text::kNone) return "";
    if (action_.text == Text::kWrong || apps_.empty()) return "000000";
    if (action_.text == Text::kCode) return CodeOf(Pick(action_.typed_device), action_.delta);
    if (codes_.empty()) return "2345-6789-ABCD-EFGH";
    return codes_[static_cast<size_t>(std::abs(action_.delta) * 7 + action_.typed_device) % codes_.size()];
  }

  // The unused backup codes, as they are when the typed proof has been accepted.
  size_t CodesBehindProof() const {
    const size_t codes = model_.Look(now_).unused_codes;
    return codes - (codes > 0 && typed_.size() > 8 ? 1 : 0);
  }

  void Verify(const std::string& id) {
    auto request = user_.About<v1::VerifyRequest>();
    request.set_code(typed_);
    request.set_method_id(id);
    const auto answer = Ask(request);
    Same(answer, model_.Verify(now_, typed_, id));
  }

  void Enroll() {
    const bool is_hotp = action_.delta % 2 != 0;
    auto request = user_.About<v1::EnrollRequest>();
    if (is_hotp) request.set_type(v1::METHOD_TYPE_HOTP);
    request.set_proof_code(typed_);
    const auto answer = Ask(request);
    Same(answer, model_.Enroll(now_, typed_));
    if (!answer.ok()) return;
    Add(answer->method().method_id(), answer->otpauth_uri(), is_hotp);
    model_.Enrolled(now_, apps_.back(), is_hotp);
  }

  void Confirm() {
    auto request = user_.About<v1::ConfirmEnrollmentRequest>();
    if (apps_.empty()) return;
    request.set_method_id(id_);
    const bool wrong = action_.text == Text::kWrong;
    request.set_code(wrong ? "000000" : CodeOf(Pick(action_.device), action_.delta));
    const auto answer = Ask(request);
    bool first = false;
    Same(answer, model_.Confirm(now_, id_, request.code(), first));
    if (!answer.ok()) return;
    RC_ASSERT((answer->backup_codes_size() > 0) == first);
    if (first) ShowedCodes(answer->backup_codes());
  }

  void Resync() {
    if (apps_.empty()) return;
    auto request = user_.About<v1::ResyncMethodRequest>();
    request.set_method_id(id_);
    const bool wrong = action_.text == Text::kWrong;
    request.add_codes(CodeOf(Pick(action_.typed_device), action_.delta));
    request.add_codes(CodeOf(Pick(action_.typed_device), action_.delta + (wrong ? 2 : 1)));
    const auto answer = Ask(request);
    Same(answer, model_.Resync(now_, id_, request.codes(0), request.codes(1)));
  }

  void Rotate() {
    auto request = user_.About<v1::RotateBackupCodesRequest>();
    request.set_count(5);
    request.set_proof_code(typed_);
    const auto answer = Ask(request);
    const size_t replaced = CodesBehindProof();
    Same(answer, model_.Rotate(now_, typed_));
    if (!answer.ok()) return;
    RC_ASSERT(static_cast<size_t>(answer->replaced_count()) == replaced);
    ShowedCodes(answer->backup_codes());
  }

  void DeleteCodes() {
    auto request = user_.About<v1::DeleteBackupCodesRequest>();
    request.set_proof_code(typed_);
    const auto answer = Ask(request);
    const size_t deleted = CodesBehindProof();
    Same(answer, model_.DeleteCodes(now_, typed_));
    if (answer.ok()) RC_ASSERT(static_cast<size_t>(answer->deleted_count()) == deleted);
  }

  void Delete() {
    auto request = user_.About<v1::DeleteMethodRequest>();
    request.set_method_id(id_);
    request.set_proof_code(typed_);
    const auto answer = Ask(request);
    const size_t deleted = CodesBehindProof();
    Same(answer, model_.Delete(now_, id_, typed_));
    if (!answer.ok()) return;
    const bool required = model_.Look(now_).required;
    RC_ASSERT(answer->second_factor_required() == required);
    RC_ASSERT(static_cast<size_t>(answer->deleted_backup_codes()) == (required ? 0 : deleted));
  }

  void SetEnabled(bool enabled) {
    auto request = user_.About<v1::UpdateMethodRequest>();
    request.set_method_id(id_);
    request.set_enabled(enabled);
    request.mutable_update_mask()->add_paths("enabled");
    request.set_proof_code(typed_);
    const auto answer = Ask(request);
    Same(answer, model_.SetEnabled(now_, id_, enabled, typed_));
  }

  // A method with a secret of its own, or with that of a method that was there before, as the same
  // type or as the other one.
  void Import() {
    constexpr size_t kSecretBytes = 20;
    const bool again = action_.what == Do::kImportAgain && !apps_.empty();
    bool is_hotp = action_.delta % 2 != 0;
    std::string secret = Base32Encode(AsBytes(RandomBytes(SystemRandom(), kSecretBytes)));
    if (again) {
      secret = secrets_[id_];
      is_hotp = hotp_.contains(id_) != (action_.delta == 1);
    }
    const std::string uri = absl::StrCat("otpauth://", is_hotp ? "hotp" : "totp", "/ann?secret=", secret,
                                         is_hotp ? "&counter=3" : "");
    auto portable = user_.About<v1::PortableMethod>();
    portable.set_otpauth_uri(uri);
    if (!is_hotp) portable.set_next_time_step(now_ / kStepMillis);
    if (action_.text == Text::kWrong) portable.set_state(v1::METHOD_STATE_DISABLED);
    const auto answer = Ask(portable);
    const bool disabled = portable.state() == v1::METHOD_STATE_DISABLED;
    bool is_new = false;
    Same(answer, model_.Import(now_, App("", uri), is_hotp, is_new));
    if (!answer.ok()) return;
    RC_ASSERT((answer->outcome() == v1::IMPORT_OUTCOME_IMPORTED) == is_new);
    if (!is_new) return;
    Add(answer->method_id(), uri, is_hotp);
    model_.Imported(apps_.back(), is_hotp, is_hotp ? 3 : portable.next_time_step(), disabled);
  }

  template <typename Request, typename Model>
  void AsAdministrator(Model model) {
    const auto answer = Ask(user_.About<Request>());
    const bool exists = model_.Look(now_).exists;
    Same(answer, model());
    RC_ASSERT(answer->had_record() == exists);
  }

  void Add(const std::string& id, const std::string& uri, bool is_hotp) {
    apps_.push_back(std::make_shared<const App>(id, uri));
    secrets_[id] = Base32Encode(ParseOtpauthUri(uri)->secret.bytes());
    if (is_hotp) hotp_.insert(id);
  }

  template <typename Codes>
  void ShowedCodes(const Codes& codes) {
    model_.ShowedCodes({codes.begin(), codes.end()});
    codes_.insert(codes_.end(), codes.begin(), codes.end());
  }

  // Set by the harness.
  MishapStorage* storage_ = nullptr;
  EngineHarness harness_{"memory:", WithoutLimiter(), WithMishaps()};
  User user_{harness_, "ann"};
  SubjectModel model_;
  // Of every device and set of backup codes that there ever was.
  std::vector<std::shared_ptr<const App>> apps_;
  std::map<std::string, std::string> secrets_;
  std::set<std::string> hotp_;
  std::vector<std::string> codes_;
  const App nobodys_;

  // Of the action that is played.
  Action action_;
  UnixMillis now_ = 0;
  std::string id_;
  std::string typed_;
  Mishap armed_ = Mishap::kNone;
  Mishap struck_ = Mishap::kNone;
  std::string elsewhere_;
  std::string elsewhere_expected_;
  int accepted_ = 0;
  int struck_count_ = 0;
};

// Random sequences are the same in every run. RC_PARAMS from outside wins.
[[maybe_unused]] const int kParameters = setenv(
    "RC_PARAMS", absl::StrCat("seed=20261124 max_size=120 max_success=", Rounds(300, 10'000)).c_str(), 0);

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
  RC_TAG(run.accepted() / 5 * 5, run.struck() / 5 * 5);
}

}  // namespace
}  // namespace twofold
