// Clocks that are wrong, and come right again.

#include "server/rules/lockout.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

constexpr int64_t kMinute = 60 * kMillisPerSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kTenYears = 3652 * kMillisPerDay;

class Clocks : public ThreatTest {};
INSTANTIATE_TEST_SUITE_P(, Clocks, EverySetting(), SettingName);

TEST_P(Clocks, T25_TenMinutesBackUsedStepsStayUsed) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string code = app.CodeAt(Now());
  ASSERT_EQ(Reason(user.Verify(code)), "ok");
  harness_.clock().Advance(-10 * kMinute);
  EXPECT_TRUE(Refused(user.Verify(code)));
  for (int64_t step = -1; step <= 1; ++step) EXPECT_TRUE(Refused(user.Verify(app.CodeAt(Now(), step))));
}

TEST_P(Clocks, T25_AnHourBackIsThisServersFaultAndChargesNothing) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  ASSERT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
  // From where this server stands that one expires too late.
  auto enroll = user.About<v1::EnrollRequest>();
  enroll.set_proof_code(app.CodeAt(Now(), 1));
  ASSERT_EQ(Reason(harness_.Call(enroll)), "ok");
  const std::string before = Record(user).SerializeAsString();
  harness_.clock().Advance(-kHour);
  for (const std::string& code : {app.CodeAt(Now()), app.WrongCode(Now())}) {
    const auto answer = user.Verify(code);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(Reason(answer), "SERVER_UNFIT");
  }
  EXPECT_EQ(Reason(harness_.Call(ResyncOf(user, app, app.CodeAt(Now()), app.CodeAt(Now(), 1)))),
            "SERVER_UNFIT");
  EXPECT_EQ(Record(user).SerializeAsString(), before);
}

TEST_P(Clocks, T25_StepsAheadAreBelievedUpToTwentyFive) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  ASSERT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
  harness_.clock().Advance(-25 * 30 * kMillisPerSecond);
  EXPECT_TRUE(Refused(user.Verify(app.WrongCode(Now()))));
  harness_.clock().Advance(-30 * kMillisPerSecond);
  EXPECT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "SERVER_UNFIT");
}

TEST_P(Clocks, T25_AtStepZeroNothingUnderflows) {
  harness_.clock().Set(0);
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.clock().Set(0);
  // The confirming code was step 0's.
  EXPECT_TRUE(Refused(user.Verify(app.CodeAt(0))));
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(0, 1))), "ok");
  EXPECT_TRUE(Refused(user.Verify(app.WrongCode(0))));
}

class Locks : public ThreatTest {
 protected:
  static Limits LocksAlone() {
    Limits limits = OpenLimits();
    limits.lock_after = DefaultLimits().lock_after;
    return IsOpen() ? limits : DefaultLimits();
  }
  Locks() : ThreatTest(LocksAlone()) {}

  void Lock(const User& user, const App& app) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED");
    Rest();
    EXPECT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED");
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "LOCKED");
  }
};
INSTANTIATE_TEST_SUITE_P(, Locks, EverySetting(), SettingName);

TEST_P(Locks, T25_TenMinutesBackLocksStay) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  Lock(user, app);
  harness_.clock().Advance(-10 * kMinute);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "LOCKED");
}

// Locks, budget, request ids and pending methods that were made ten years ahead end within their own maximum,
// also when nothing but refused calls, which change nothing, look at them.
TEST_P(Locks, T25_TenYearsAheadAndBackALockLastsAnHourAtMost) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.clock().Advance(kTenYears);
  Lock(user, app);
  harness_.clock().Advance(-kTenYears);
  for (int minutes = 0; minutes < 59; minutes += 10) {
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "LOCKED") << minutes;
    harness_.clock().Advance(10 * kMinute);
  }
  harness_.clock().Advance(kMinute);
  if (IsOpen()) {
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
    return;
  }
  // The long-term budget comes back later: one unit and the most that can be owed.
  const int64_t unit = kMillisPerDay / DefaultLimits().long_term_refill_per_day;
  for (int hours = 1; hours < kMaxChargeUnits * unit / kHour - 1; ++hours) {
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "LOCKED") << hours;
    harness_.clock().Advance(kHour);
  }
  harness_.clock().Advance(2 * kHour);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Clocks, T25_TenYearsAheadAndBackAPendingMethodExpires) {
  User user(harness_, "ann");
  harness_.clock().Advance(kTenYears);
  const auto enrolled = harness_.Call(user.About<v1::EnrollRequest>());
  ASSERT_EQ(Reason(enrolled), "ok");
  const App app(enrolled->method().method_id(), enrolled->otpauth_uri());
  harness_.clock().Advance(-kTenYears);
  auto confirm = user.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(app.method_id());
  confirm.set_code(app.WrongCode(Now()));
  EXPECT_TRUE(Refused(harness_.Call(confirm)));
  AdvanceSeconds(601);
  confirm.set_code(app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(confirm)), "METHOD_NOT_FOUND");
}

TEST_P(Clocks, T25_TenYearsAheadAndBackARequestIdIsForgottenInAMinute) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  auto rename = user.About<v1::UpdateMethodRequest>();
  rename.set_method_id(app.method_id());
  rename.set_description("Ann's phone");
  rename.mutable_update_mask()->add_paths("description");
  rename.set_request_id(NewRequestId());
  harness_.clock().Advance(kTenYears);
  ASSERT_EQ(Reason(harness_.Call(rename)), "ok");
  harness_.clock().Advance(-kTenYears);
  auto other = rename;
  other.set_description("Ann's tablet");
  EXPECT_EQ(Reason(harness_.Call(other)), "INVALID_REQUEST");
  AdvanceSeconds(59);
  EXPECT_EQ(Reason(harness_.Call(other)), "INVALID_REQUEST");
  AdvanceSeconds(1);
  EXPECT_EQ(Reason(harness_.Call(other)), "ok");
}

TEST_P(Clocks, T25_ListingMethodsWritesNothingEvenWhenTheClockWentBack) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  Tamper(harness_.storage(), "ann",
         [&](SubjectRecord& record) { record.mutable_budget()->set_locked_until(Now() + kTenYears); });
  const Version before = Stored(harness_.storage(), "ann")->version;
  ASSERT_EQ(Reason(user.List()), "ok");
  EXPECT_EQ(Stored(harness_.storage(), "ann")->version, before);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "LOCKED");
  EXPECT_NE(Stored(harness_.storage(), "ann")->version, before);
}

}  // namespace
}  // namespace twofold
