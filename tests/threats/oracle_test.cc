// What an answer tells, and what the work behind it tells.

#include <map>

#include "crypto/otp.h"
#include "crypto/password_hash.h"
#include "server/methods/otp/hotp.h"
#include "server/methods/otp/totp.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

// Everything that a caller sees of an error.
std::string Bytes(const absl::Status& status) {
  // In order, which the status itself does not keep.
  std::map<std::string, std::string> details;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    details[std::string(url)] = std::string(payload);
  });
  std::string bytes = std::to_string(static_cast<int>(status.code())) + "|" + std::string(status.message());
  for (const auto& [url, payload] : details) bytes += "|" + url + "=" + payload;
  return bytes;
}

// What every rejection gives.
constexpr char kCodeRejected[] =
    "7|code rejected|type.googleapis.com/google.rpc.ErrorInfo=\n\rCODE_REJECTED\x12\atwofold";

struct Work {
  int64_t hmacs = 0;
  int64_t hashes = 0;
  bool operator==(const Work& other) const { return hmacs == other.hmacs && hashes == other.hashes; }
};

// The window of a TOTP device, and the code that it accepted last.
constexpr Work kOneTotpDevice{2 * kTotpWindow + 2, 0};
// Two codes for each pair of neighbours in the window, and for the pair that was accepted last.
constexpr Work kOneResync{2 * (2 * kTotpResyncSteps + 1), 0};

class Oracle : public ThreatTest {
 protected:
  template <typename Call>
  Work WorkOf(Call call) {
    const Work before{OtpHmacCount(), PasswordHashCount()};
    call();
    return Work{OtpHmacCount() - before.hmacs, PasswordHashCount() - before.hashes};
  }
};
INSTANTIATE_TEST_SUITE_P(, Oracle, EverySetting(), SettingName);

// A subject in some state, and a code that it refuses.
struct Refusal {
  std::string why;
  v1::VerifyRequest request;
};

class Refusals : public Oracle {
 protected:
  // Of device codes, for every reason there is.
  std::vector<Refusal> Gather() {
    std::vector<Refusal> all;
    User user(harness_, "ann");
    const App app = user.Enroll();
    const App other = EnrollAnother(user, v1::METHOD_TYPE_TOTP, app.CodeAt(Now()));
    Rest();
    auto disable = user.About<v1::UpdateMethodRequest>();
    disable.set_method_id(other.method_id());
    disable.mutable_update_mask()->add_paths("enabled");
    disable.set_proof_code(app.CodeAt(Now()));
    EXPECT_EQ(Reason(harness_.Call(disable)), "ok");

    User pending(harness_, "pending");
    const auto enrolled = harness_.Call(pending.About<v1::EnrollRequest>());
    EXPECT_EQ(Reason(enrolled), "ok");
    const App unconfirmed(enrolled->method().method_id(), enrolled->otpauth_uri());

    User deleted(harness_, "deleted");
    const App gone = deleted.Enroll();
    auto remove = deleted.About<v1::DeleteMethodRequest>();
    remove.set_method_id(gone.method_id());
    remove.set_proof_code(gone.CodeAt(Now()));
    EXPECT_EQ(Reason(harness_.Call(remove)), "ok");

    Rest();
    const std::string used = app.CodeAt(Now());
    EXPECT_EQ(Reason(user.Verify(used)), "ok");

    const auto add = [&all](std::string why, const User& whose, const std::string& code,
                            const std::string& id = "") {
      auto request = VerifyOf(whose, code);
      request.set_method_id(id);
      all.push_back(Refusal{std::move(why), request});
    };
    add("unknown user", User(harness_, "nobody"), app.CodeAt(Now()));
    add("no method left", deleted, gone.CodeAt(Now(), 1));
    add("pending", pending, unconfirmed.CodeAt(Now()));
    add("pending, by name", pending, unconfirmed.CodeAt(Now()), unconfirmed.method_id());
    add("disabled", user, other.CodeAt(Now()), other.method_id());
    add("disabled, not named", user, other.CodeAt(Now()));
    add("unknown method", user, app.CodeAt(Now(), 1), "nosuchmethod");
    add("not a backup code", user, app.CodeAt(Now(), 1), "backup");
    add("wrong", user, app.WrongCode(Now()));
    add("of another length", user, "1234567");
    add("of another length still", user, "12345678");
    add("replayed", user, used);
    add("from before the last one", user, app.CodeAt(Now(), -1));
    add("expired", user, app.CodeAt(Now(), -2));
    add("not yet", user, app.CodeAt(Now(), 2));
    auto by_type = VerifyOf(user, app.CodeAt(Now(), 1));
    by_type.add_allowed_types(v1::METHOD_TYPE_HOTP);
    all.push_back(Refusal{"of a type that is not allowed", by_type});
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(, Refusals, EverySetting(), SettingName);

TEST_P(Refusals, T27_EveryRejectionHasTheSameBytesAndTheWorkOfOneTotpDevice) {
  const std::vector<Refusal> refusals = Gather();
  for (const Refusal& refusal : refusals) {
    // The users' own guards are not what this is about.
    if (!IsOpen()) Pardon(User(harness_, refusal.request.user_id()));
    if (!IsOpen()) AdvanceSeconds(-200);
    if (!IsOpen()) harness_.Restart();
    absl::Status status;
    const Work work = WorkOf([&] { status = harness_.Call(refusal.request).status(); });
    EXPECT_EQ(Bytes(status), kCodeRejected) << refusal.why;
    EXPECT_EQ(work, kOneTotpDevice) << refusal.why;
  }
}

TEST_P(Refusals, T27_SoHaveRejectedBackupCodesAndTheWorkOfOneHash) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::vector<std::string>& codes = user.backup_codes();
  ASSERT_EQ(Reason(user.Verify(codes[0])), "ok");
  User without(harness_, "bob");
  const App his = without.Enroll();
  auto remove = without.About<v1::DeleteBackupCodesRequest>();
  remove.set_proof_code(his.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(remove)), "ok");
  std::string wrong = codes[1];
  wrong.back() = wrong.back() == '2' ? '3' : '2';
  auto other_type = VerifyOf(user, codes[2]);
  other_type.add_allowed_types(v1::METHOD_TYPE_TOTP);
  auto other_method = VerifyOf(user, codes[2]);
  other_method.set_method_id(app.method_id());
  const std::vector<Refusal> refusals = {
      {"spent", VerifyOf(user, codes[0])},
      {"wrong", VerifyOf(user, wrong)},
      {"right but for the slot", VerifyOf(user, "B" + codes[1].substr(1))},
      {"one slot too far", VerifyOf(user, "C" + codes[1].substr(1))},
      {"the furthest slot", VerifyOf(user, "Z" + codes[1].substr(1))},
      {"unknown user", VerifyOf(User(harness_, "nobody"), codes[1])},
      {"no backup codes", VerifyOf(without, wrong)},
      {"of a type that is not allowed", other_type},
      {"of another method", other_method},
  };
  for (const Refusal& refusal : refusals) {
    if (!IsOpen()) Pardon(User(harness_, refusal.request.user_id()));
    absl::Status status;
    const Work work = WorkOf([&] { status = harness_.Call(refusal.request).status(); });
    EXPECT_EQ(Bytes(status), kCodeRejected) << refusal.why;
    EXPECT_EQ(work, (Work{0, 1})) << refusal.why;
  }
  Rest();
  EXPECT_EQ(WorkOf([&] { EXPECT_EQ(Reason(user.Verify(codes[2])), "ok"); }), (Work{0, 1})) << "right";
}

TEST_P(Refusals, T27_SoHasEveryRejectedResync) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const App other = EnrollAnother(user, v1::METHOD_TYPE_TOTP, app.CodeAt(Now()));
  Rest();
  auto disable = user.About<v1::UpdateMethodRequest>();
  disable.set_method_id(other.method_id());
  disable.mutable_update_mask()->add_paths("enabled");
  disable.set_proof_code(app.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(disable)), "ok");
  User pending(harness_, "pending");
  const auto enrolled = harness_.Call(pending.About<v1::EnrollRequest>());
  const App unconfirmed(enrolled->method().method_id(), enrolled->otpauth_uri());
  User deleted(harness_, "deleted");
  const App gone = deleted.Enroll();
  auto remove = deleted.About<v1::DeleteMethodRequest>();
  remove.set_method_id(gone.method_id());
  remove.set_proof_code(gone.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(remove)), "ok");
  Rest();
  const auto used = ResyncOf(user, app, app.CodeAt(Now()), app.CodeAt(Now(), 1));
  ASSERT_EQ(Reason(harness_.Call(used)), "ok");

  const auto next_two = [this](const User& whose, const App& shown) {
    return ResyncOf(whose, shown, shown.CodeAt(Now(), 2), shown.CodeAt(Now(), 3));
  };
  auto unknown_method = next_two(user, app);
  unknown_method.set_method_id("nosuchmethod");
  auto backup_codes = next_two(user, app);
  backup_codes.set_method_id("backup");
  const std::pair<const char*, v1::ResyncMethodRequest> refused[] = {
      {"wrong", ResyncOf(user, app, app.WrongCode(Now()), app.WrongCode(Now()))},
      {"half right", ResyncOf(user, app, app.CodeAt(Now(), 2), app.WrongCode(Now()))},
      {"in the wrong order", ResyncOf(user, app, app.CodeAt(Now(), 3), app.CodeAt(Now(), 2))},
      {"used", used},
      {"half used", ResyncOf(user, app, app.CodeAt(Now(), 1), app.CodeAt(Now(), 2))},
      {"from before the last two", ResyncOf(user, app, app.CodeAt(Now(), -2), app.CodeAt(Now(), -1))},
      {"unknown user", next_two(User(harness_, "nobody"), app)},
      {"unknown method", unknown_method},
      {"backup codes", backup_codes},
      {"pending", next_two(pending, unconfirmed)},
      {"disabled", next_two(user, other)},
      {"deleted", next_two(deleted, gone)},
  };
  for (const auto& [why, request] : refused) {
    if (!IsOpen()) Pardon(User(harness_, request.user_id()));
    absl::Status status;
    const Work work = WorkOf([&] { status = harness_.Call(request).status(); });
    EXPECT_EQ(Bytes(status), kCodeRejected) << why;
    EXPECT_EQ(work, kOneResync) << why;
  }
}

TEST_P(Oracle, T28_EveryCodeAtEveryOffsetCostsTheWholeWindow) {
  for (const int offset : {0, 19, -19}) {
    User user(harness_, "ann" + std::to_string(offset));
    const App app = user.Enroll();
    AdvanceSeconds(20 * 60);
    if (offset != 0) {
      const auto resync = ResyncOf(user, app, app.CodeAt(Now(), offset - 1), app.CodeAt(Now(), offset));
      ASSERT_EQ(WorkOf([&] { EXPECT_EQ(Reason(harness_.Call(resync)), "ok"); }), kOneResync);
    }
    for (int64_t step = -3; step <= 3; ++step) {
      Pardon(user);
      AdvanceSeconds(-80);
      const std::string code = app.CodeAt(Now(), offset + step);
      const bool right = std::abs(step) <= 1;
      std::string reason;
      EXPECT_EQ(WorkOf([&] { reason = Reason(user.Verify(code)); }), kOneTotpDevice)
          << offset << ", " << step;
      EXPECT_EQ(reason == "ok", right) << offset << ", " << step;
      // Stay clear of what the device learns from two on one side.
      Tamper(harness_.storage(), user.user_id(), [&](SubjectRecord& record) {
        DeviceAt(record, 0).mutable_otp()->set_clock_offset(offset);
        DeviceAt(record, 0).mutable_otp()->clear_last_side();
      });
    }
  }
}

TEST_P(Oracle, T28_EveryCounterInTheLookAheadCostsTheWholeLookAhead) {
  User user(harness_, "ann");
  v1::EnrollRequest request;
  request.set_type(v1::METHOD_TYPE_HOTP);
  const App app = user.Enroll(request);
  int64_t next = 1;
  for (int ahead = 0; ahead <= 11; ++ahead) {
    Pardon(user);
    const std::string code = app.CodeOf(next + ahead);
    std::string reason;
    EXPECT_EQ(WorkOf([&] { reason = Reason(user.Verify(code)); }), (Work{kHotpLookAhead + 2, 0})) << ahead;
    EXPECT_EQ(reason == "ok", ahead <= 10);
    if (ahead <= 10) next += ahead + 1;
  }
}

TEST_P(Oracle, T26_WhileLockedRightAndWrongCodesAreAnsweredAlike) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const auto lock_by = [&](const std::function<void(internal::v1::FailureBudget&)>& change) {
    Tamper(harness_.storage(), "ann", [&](SubjectRecord& record) { change(*record.mutable_budget()); });
    harness_.Restart();
  };
  const auto expect_alike = [&](const char* lock) {
    absl::Status right;
    absl::Status wrong;
    absl::Status used;
    const Work work = WorkOf([&] {
      right = user.Verify(app.CodeAt(Now())).status();
      wrong = user.Verify(app.WrongCode(Now()) + "0").status();
      used = user.Verify(app.CodeAt(Now(), -2)).status();
    });
    EXPECT_EQ(Reason(absl::StatusOr<int>(right)), "LOCKED") << lock;
    EXPECT_EQ(Bytes(right), Bytes(wrong)) << lock;
    EXPECT_EQ(Bytes(right), Bytes(used)) << lock;
    // WrongCode and CodeAt are the test's own.
    EXPECT_EQ(work.hmacs, 400 + 2) << lock;
  };
  const int64_t day = kMillisPerDay;
  lock_by([&](auto& budget) { budget.set_locked_until(Now() + 1'800'000); });
  expect_alike("consecutive failures");
  lock_by([&](auto& budget) { budget.set_long_term_full_time(Now() + 1000 * day); });
  if (!IsOpen()) expect_alike("long-term budget");
  lock_by([&](auto& budget) { budget.set_consecutive_failures(harness_.limits().permanent_lock_after); });
  expect_alike("permanent lock");
}

TEST_P(Oracle, T26_WhileRateLimitedRightAndWrongCodesAreAnsweredAlike) {
  Limits limits = PolicyUnderTest();
  limits.login_limit = DefaultLimits().login_limit;
  harness_.Restart(limits);
  User user(harness_, "ann");
  const App app = user.Enroll();
  while (Reason(user.Verify(app.WrongCode(Now()))) != "RATE_LIMITED") continue;
  const std::string right = Bytes(user.Verify(app.CodeAt(Now())).status());
  EXPECT_EQ(right, Bytes(user.Verify(app.WrongCode(Now())).status()));
  EXPECT_EQ(right, Bytes(user.Verify("12345678").status()));
}

}  // namespace
}  // namespace twofold
