// A code logs in once, however it is spelled, whenever and by whichever way it comes back.

#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "crypto/password_hash.h"
#include "crypto/system_random.h"
#include "server/methods/otp/hotp.h"
#include "server/methods/otp/totp.h"
#include "tests/fakes/fake_rate_limiter.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

class Replay : public ThreatTest {
 protected:
  // How often `requests` are accepted, made one after the other with ids of their own.
  int Accepted(const User& user, const std::vector<std::string>& codes) {
    int accepted = 0;
    for (const std::string& code : codes) {
      v1::VerifyRequest request = VerifyOf(user, code);
      request.set_request_id(NewRequestId());
      if (harness_.Call(request).ok()) ++accepted;
    }
    return accepted;
  }
};
INSTANTIATE_TEST_SUITE_P(, Replay, EverySetting(), SettingName);

// In UTF-8, from each digit's first code point on.
std::string InDigitsFrom(const std::string& code, const std::string& zero) {
  std::string text;
  for (const char digit : code) {
    text += zero;
    text.back() = static_cast<char>(text.back() + (digit - '0'));
  }
  return text;
}

std::vector<std::string> Respelled(const std::string& code) {
  std::vector<std::string> all;
  for (const char* space :
       {" ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u3000", "+", "-", "'"}) {
    all.push_back(space + code);
    all.push_back(code + space);
    all.push_back(code.substr(0, 3) + space + code.substr(3));
  }
  all.push_back(code + std::string(1, '\0'));
  all.push_back(std::string(1, '\0') + code);
  all.push_back(code.substr(0, 3) + std::string(1, '\0') + code.substr(3));
  // Full width, Arabic-Indic, mathematical bold.
  all.push_back(InDigitsFrom(code, "\uff10"));
  all.push_back(InDigitsFrom(code, "\u0660"));
  all.push_back(InDigitsFrom(code, "\U0001d7ce"));
  all.push_back(code + ".0");
  all.push_back("0x" + code);
  return all;
}

TEST_P(Replay, T1_WhiteSpaceAroundAUsedCodeIsNoNewCode) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string code = app.CodeAt(Now());
  ASSERT_EQ(Accepted(user, {code}), 1);
  for (const std::string& spelling : Respelled(code)) {
    EXPECT_EQ(Reason(user.Verify(spelling)), "MALFORMED_CODE") << "\"" << spelling << "\"";
  }
  // Well formed, and still not this code.
  EXPECT_TRUE(Refused(user.Verify("0" + code)));
  EXPECT_TRUE(Refused(user.Verify(code + "0")));
  EXPECT_EQ(Accepted(user, {code, "0" + code, code}), 0);
}

TEST_P(Replay, T1_SpellingsAreNoCodesBeforeTheCodeIsUsedEither) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string code = app.CodeAt(Now());
  for (const std::string& spelling : Respelled(code)) EXPECT_FALSE(user.Verify(spelling).ok());
  EXPECT_EQ(Accepted(user, {code, code}), 1);
}

TEST_P(Replay, T2_MalformedSpellingsReachNoVerdict) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string backup = user.backup_codes()[0];
  std::vector<std::string> malformed = Respelled(app.CodeAt(Now()));
  for (const std::string& spelling :
       {" " + backup, backup + " ", backup + "-", "-" + backup, backup.substr(0, 18), backup + "2",
        backup.substr(0, 4) + backup.substr(5), backup.substr(0, 4) + "\u2010" + backup.substr(5),
        std::string("2345-6789-ABCD-EFG0"), std::string("2345-6789-ABCD-EFGI")}) {
    malformed.push_back(spelling);
  }
  const std::string before = Record(user).SerializeAsString();
  const int64_t hmacs = OtpHmacCount();
  const int64_t hashes = PasswordHashCount();
  for (const std::string& spelling : malformed) {
    EXPECT_EQ(Reason(user.Verify(spelling)), "MALFORMED_CODE") << "\"" << spelling << "\"";
  }
  EXPECT_EQ(Record(user).SerializeAsString(), before);
  EXPECT_EQ(OtpHmacCount(), hmacs);
  EXPECT_EQ(PasswordHashCount(), hashes);
  // Neither did they take anything from the limiter.
  EXPECT_EQ(Reason(user.Verify(backup)), "ok");
}

TEST_P(Replay, T2_BackupCodesInAnySpellingSpendOneBudget) {
  User user(harness_, "ann");
  user.Enroll();
  int failures = 0;
  for (const char* spelling :
       {"2345-6789-ABCD-EFGH", "2345-6789-abcd-efgh", "23456789ABCDEFGH", "23456789abcdEFGH"}) {
    EXPECT_EQ(Reason(user.Verify(spelling)), "CODE_REJECTED");
    EXPECT_EQ(Failures(user), ++failures);
  }
}

TEST_P(Replay, T2_ABackupCodeIsSpentInAllItsSpellings) {
  User user(harness_, "ann");
  user.Enroll();
  const std::string dashed = user.backup_codes()[3];
  std::string plain = dashed;
  plain.erase(std::remove(plain.begin(), plain.end(), '-'), plain.end());
  std::string lower = plain;
  for (char& symbol : lower) symbol = static_cast<char>(std::tolower(static_cast<unsigned char>(symbol)));
  EXPECT_EQ(Accepted(user, {lower, plain, dashed, lower}), 1);
}

TEST_P(Replay, T3_ACodeIsNotAcceptedAgainInTheNextStep) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string code = app.CodeAt(Now(), 1);
  ASSERT_EQ(Accepted(user, {code}), 1);
  // The code is in the window for three steps.
  for (int second = 0; second < 120; ++second) {
    AdvanceSeconds(1);
    EXPECT_TRUE(Refused(user.Verify(code))) << second;
  }
}

// TOTP with another window.
class WiderTotp final : public OtpAuthenticator {
 public:
  explicit WiderTotp(int window) : OtpAuthenticator("Twofold"), window_(window) {}
  v1::MethodType type() const override { return totp_->type(); }
  CounterWindow LoginWindow(const internal::v1::OtpUse& otp, UnixMillis now) const override {
    return CounterWindow{TimeStep(now, otp.period_seconds()) - window_, 2 * window_ + 1};
  }
  CounterWindow ResyncWindow(const internal::v1::OtpUse& otp, UnixMillis now) const override {
    return totp_->ResyncWindow(otp, now);
  }
  bool ClockIsPlausible(const internal::v1::OtpUse& otp, UnixMillis now) const override {
    return totp_->ClockIsPlausible(otp, now);
  }
  void Accept(int64_t counter, UnixMillis now, internal::v1::OtpUse& otp) const override {
    totp_->Accept(counter, now, otp);
  }
  void AcceptResync(int64_t counter, UnixMillis now, internal::v1::OtpUse& otp) const override {
    totp_->AcceptResync(counter, now, otp);
  }
  void Describe(const internal::v1::Method& method, v1::Method& shown) const override {
    totp_->Describe(method, shown);
  }

 private:
  const int window_;
  const std::unique_ptr<const OtpAuthenticator> totp_ = NewTotp("Twofold");
};

TEST_P(Replay, T3_NorUnderAnyOtherWindow) {
  for (int window = 0; window <= 3; ++window) {
    User user(harness_, "ann" + std::to_string(window));
    const App app = user.Enroll();
    std::vector<std::unique_ptr<const Authenticator>> only;
    only.push_back(std::make_unique<WiderTotp>(window));
    const Authenticators authenticators(std::move(only));
    UnlimitedRateLimiter limiter;
    const std::unique_ptr<AttemptGate> gate = NewSequentialGate(limiter, harness_.storage());
    WorkPool pool(1, 8);
    Engine engine(Engine::Parts{harness_.limits(), harness_.shared_ring(), authenticators, harness_.storage(),
                                limiter, *gate, pool, pool, harness_.clock(), SystemRandom(),
                                harness_.store_id(), harness_.lease()});
    const std::string code = app.CodeAt(Now(), window);
    int accepted = 0;
    for (int second = 0; second <= 30 * (2 * window + 2); ++second) {
      CallFacts facts;
      v1::VerifyRequest request = VerifyOf(user, code);
      request.set_request_id(NewRequestId());
      auto flow = Handle(engine, facts, request);
      if (SyncWait(std::move(flow)).ok()) ++accepted;
      AdvanceSeconds(1);
    }
    EXPECT_EQ(accepted, 1) << "window " << window;
  }
}

TEST_P(Replay, T4_TheSameCodeFromTwoCallersIsAcceptedOnce) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string code = app.CodeAt(Now());
  int accepted = 0;
  for (const char* caller : {"spiffe://shop", "spiffe://wiki"}) {
    CallFacts facts;
    facts.caller = caller;
    if (harness_.Call(facts, VerifyOf(user, code)).ok()) ++accepted;
  }
  EXPECT_EQ(accepted, 1);
}

TEST_P(Replay, T4_AnOlderCodeStillInsideTheWindowIsRefusedAfterANewerOne) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string older = app.CodeAt(Now(), -1);
  const std::string middle = app.CodeAt(Now());
  EXPECT_EQ(Accepted(user, {app.CodeAt(Now(), 1), middle, older}), 1);
}

TEST_P(Replay, T4_OneSecretInTwoMethodsIsRefused) {
  constexpr char kSecret[] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
  User user(harness_, "ann");
  v1::EnrollRequest import;
  import.set_secret_base32(kSecret);
  const App app = user.Enroll(import);
  for (const auto algorithm : {v1::ALGORITHM_SHA1, v1::ALGORITHM_SHA256}) {
    auto again = user.About<v1::EnrollRequest>();
    again.set_secret_base32(kSecret);
    again.set_algorithm(algorithm);
    again.set_proof_code(app.CodeAt(Now()));
    EXPECT_EQ(Reason(harness_.Call(again)), "DUPLICATE_SECRET");
  }
  // The same key in other texts and other bytes: with bits after the last byte, and with a zero byte at the
  // end.
  for (const char* respelled : {"jbsw y3dp-ehpk 3pxp jbsw y3dp ehpk 3pxp ====",
                                "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPAA", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPAB"}) {
    auto again = user.About<v1::EnrollRequest>();
    Rest();
    again.set_secret_base32(respelled);
    again.set_proof_code(app.CodeAt(Now()));
    EXPECT_EQ(Reason(harness_.Call(again)), "DUPLICATE_SECRET") << respelled;
  }
  Rest();
  auto by_uri = user.About<v1::EnrollRequest>();
  by_uri.set_otpauth_uri(std::string("otpauth://hotp/x?counter=7&secret=") + kSecret);
  by_uri.set_proof_code(app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(by_uri)), "DUPLICATE_SECRET");
  // A proof is judged last: none was spent.
  EXPECT_EQ(Accepted(user, {app.CodeAt(Now())}), 1);
}

// HMAC hashes a key that is longer than its block.
TEST_P(Replay, T4_NorMayTheHashOfALongSecretBeOne) {
  const std::string long_secret(65, 'k');
  constexpr char kItsSha1[] = "4X2BEEKL7PM4BJKJM244XYFUXVZVNAUB";
  User user(harness_, "ann");
  v1::EnrollRequest import;
  import.set_secret_base32(Base32Encode(AsBytes(long_secret)));
  const App app = user.Enroll(import);
  auto again = user.About<v1::EnrollRequest>();
  again.set_secret_base32(kItsSha1);
  again.set_proof_code(app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(again)), "DUPLICATE_SECRET");
}

TEST_P(Replay, T4_ACodeThatIsRightForTwoDevicesIsSpentOnBoth) {
  User user(harness_, "ann");
  const App first = user.Enroll();
  const App second = EnrollAnother(user, v1::METHOD_TYPE_TOTP, first.CodeAt(Now()));
  // One secret in two devices, which only a meddler with the storage (or one code in 300,000) could bring
  // about.
  Tamper(harness_.storage(), "ann", [&](SubjectRecord& record) {
    DeviceAt(record, 1) = DeviceAt(record, 0);
    DeviceAt(record, 1).set_method_id(DeviceAt(record, 0).method_id());
  });
  const std::string code = first.CodeAt(Now());
  EXPECT_EQ(Accepted(user, {code, code}), 1);
  EXPECT_EQ(DeviceAt(Record(user), 0).otp().next_counter(), DeviceAt(Record(user), 1).otp().next_counter());
}

TEST_P(Replay, T5_ResyncRefusesUsedRepeatedAndReorderedCodes) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string used = app.CodeAt(Now());
  ASSERT_EQ(Reason(user.Verify(used)), "ok");
  const std::pair<std::string, std::string> refused[] = {
      {app.CodeAt(Now(), -1), used},
      {used, app.CodeAt(Now(), 1)},
      {app.CodeAt(Now(), 1), app.CodeAt(Now(), 1)},
      {app.CodeAt(Now(), 2), app.CodeAt(Now(), 1)},
      {app.CodeAt(Now(), 1), app.CodeAt(Now(), 3)},
  };
  for (const auto& [first, second] : refused) {
    EXPECT_TRUE(Refused(harness_.Call(ResyncOf(user, app, first, second))));
    EXPECT_EQ(DeviceAt(Record(user), 0).otp().clock_offset(), 0);
  }
}

TEST_P(Replay, T5_NorAreCodesFromBeforeTheLastLoginNewAgainNineMinutesLater) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string before = app.CodeAt(Now(), -1);
  const std::string used = app.CodeAt(Now());
  const std::string after = app.CodeAt(Now(), 1);
  ASSERT_EQ(Reason(user.Verify(used)), "ok");
  AdvanceSeconds(18 * 30);
  EXPECT_TRUE(Refused(harness_.Call(ResyncOf(user, app, before, used))));
  EXPECT_TRUE(Refused(harness_.Call(ResyncOf(user, app, used, after))));
  EXPECT_EQ(DeviceAt(Record(user), 0).otp().clock_offset(), 0);
}

TEST_P(Replay, T5_ResyncSpendsBothCodes) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string first = app.CodeAt(Now(), -1);
  const std::string second = app.CodeAt(Now());
  ASSERT_EQ(Reason(harness_.Call(ResyncOf(user, app, first, second))), "ok");
  EXPECT_EQ(Accepted(user, {first, second}), 0);
  EXPECT_TRUE(Refused(harness_.Call(ResyncOf(user, app, first, second))));
}

TEST_P(Replay, T6_LearnedOffsetIsCappedAndMovesOneStepAtATime) {
  for (const int side : {1, -1}) {
    User user(harness_, side > 0 ? "fast" : "slow");
    const App app = user.Enroll();
    int offset = 0;
    for (int login = 0; login < 40; ++login) {
      AdvanceSeconds(60);
      const auto answer = user.Verify(app.CodeAt(Now(), offset + side));
      ASSERT_EQ(Reason(answer), "ok") << login;
      const int learned = answer->method().totp().clock_offset_steps();
      ASSERT_LE(std::abs(learned - offset), 1) << "one login moved it by more than a step";
      // Two in a row on the same side move it by one.
      ASSERT_EQ(learned, side * std::min((login + 1) / 2, 3));
      offset = learned;
    }
    EXPECT_EQ(offset, 3 * side);
    AdvanceSeconds(60);
    EXPECT_TRUE(Refused(user.Verify(app.CodeAt(Now(), offset + 2 * side))));
    // privacyIDEA's: a code of twenty minutes ago.
    EXPECT_TRUE(Refused(user.Verify(app.CodeAt(Now(), -40))));
  }
}

TEST_P(Replay, T6_AnOffsetSetByResyncOnlyShrinks) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  ASSERT_EQ(Reason(harness_.Call(ResyncOf(user, app, app.CodeAt(Now(), 9), app.CodeAt(Now(), 10)))), "ok");
  for (int login = 0; login < 10; ++login) {
    AdvanceSeconds(60);
    const auto answer = user.Verify(app.CodeAt(Now(), 11));
    ASSERT_EQ(Reason(answer), "ok") << login;
    EXPECT_EQ(answer->method().totp().clock_offset_steps(), 10);
  }
  AdvanceSeconds(60);
  EXPECT_TRUE(Refused(user.Verify(app.CodeAt(Now(), 12))));
}

TEST_P(Replay, T6_ResyncSearchesTwentyStepsAndNoMore) {
  for (const int side : {1, -1}) {
    User user(harness_, side > 0 ? "fast" : "slow");
    const App app = user.Enroll();
    AdvanceSeconds(20 * 60);
    const int outer = side > 0 ? 21 : -20;
    EXPECT_TRUE(
        Refused(harness_.Call(ResyncOf(user, app, app.CodeAt(Now(), outer - 1), app.CodeAt(Now(), outer)))));
    const int inner = outer - side;
    const auto answer =
        harness_.Call(ResyncOf(user, app, app.CodeAt(Now(), inner - 1), app.CodeAt(Now(), inner)));
    ASSERT_EQ(Reason(answer), "ok");
    EXPECT_EQ(answer->method().totp().clock_offset_steps(), inner);
  }
}

TEST_P(Replay, T7_OnlyTheUsersOwnRecordChanges) {
  const std::vector<std::string> names = {"bob", "bob:1", "bob*", "{bob}", "bob%", "bo", "b_b", "bob\\"};
  std::vector<User> users;
  std::vector<App> apps;
  for (const std::string& name : names) users.emplace_back(harness_, name);
  for (User& user : users) apps.push_back(user.Enroll());
  for (size_t own = 0; own < users.size(); ++own) {
    Rest();
    std::vector<Version> before;
    for (const std::string& name : names) before.push_back(Stored(harness_.storage(), name)->version);
    ASSERT_EQ(Reason(users[own].Verify(apps[own].CodeAt(Now()))), "ok") << names[own];
    for (size_t i = 0; i < names.size(); ++i) {
      const bool same = Stored(harness_.storage(), names[i])->version == before[i];
      EXPECT_EQ(same, i != own) << names[own] << " against " << names[i];
    }
  }
}

TEST_P(Replay, T8_UsedCodesStayUsedAfterARestart) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string code = app.CodeAt(Now());
  const std::string backup = user.backup_codes()[0];
  ASSERT_EQ(Accepted(user, {code, backup}), 2);
  harness_.Restart();
  EXPECT_EQ(Accepted(user, {code, backup}), 0);
}

TEST_P(Replay, T8_AWrongGuessThatEqualsALaterCodeDoesNotBlockThatCode) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string later = app.CodeAt(Now(), 6);
  ASSERT_TRUE(Refused(user.Verify(later)));
  AdvanceSeconds(180);
  EXPECT_EQ(Reason(user.Verify(later)), "ok");
}

TEST_P(Replay, T9_TheCodeThatConfirmedIsRefusedByVerify) {
  User user(harness_, "ann");
  const auto enrolled = harness_.Call(user.About<v1::EnrollRequest>());
  ASSERT_EQ(Reason(enrolled), "ok");
  const App app(enrolled->method().method_id(), enrolled->otpauth_uri());
  auto confirm = user.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(app.method_id());
  confirm.set_code(app.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(confirm)), "ok");
  EXPECT_EQ(Accepted(user, {confirm.code()}), 0);
}

TEST_P(Replay, T9_NorMayAnHotpCodeThatConfirmed) {
  User user(harness_, "ann");
  v1::EnrollRequest request;
  request.set_type(v1::METHOD_TYPE_HOTP);
  const App app = user.Enroll(request);
  EXPECT_EQ(Accepted(user, {app.CodeOf(0)}), 0);
  EXPECT_EQ(Accepted(user, {app.CodeOf(1), app.CodeOf(1)}), 1);
}

}  // namespace
}  // namespace twofold
