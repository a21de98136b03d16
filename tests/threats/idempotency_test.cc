// A call that is repeated under its request id repeats its answer, not its effect. A code that is sent again
// without the id is a replay, which costs nothing in the record.

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/associated_data.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

class Repeated : public ThreatTest {
 protected:
  void SetUp() override {
    app_ = user_.Enroll();
    Rest();
  }

  // Calls twice under one id, with a restart in between, and expects one effect.
  template <typename Request>
  auto Twice(Request request) {
    request.set_request_id(NewRequestId());
    const auto first = harness_.Call(request);
    const std::string after = Record(user_).SerializeAsString();
    harness_.Restart();
    const auto second = harness_.Call(request);
    EXPECT_EQ(Reason(second), Reason(first));
    if (first.ok() && second.ok()) {
      EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
    }
    EXPECT_EQ(Record(user_).SerializeAsString(), after);
    ExpectBound(request);
    EXPECT_EQ(Record(user_).SerializeAsString(), after);
    return first;
  }

  // Neither another caller nor another content gets anything for an id that was used.
  template <typename Request>
  void ExpectBound(const Request& request) {
    CallFacts mallory;
    mallory.caller = "spiffe://mallory";
    EXPECT_EQ(Reason(harness_.Call(mallory, request)), "INVALID_REQUEST") << "another caller";
    auto rename = Rename("stolen");
    rename.set_request_id(request.request_id());
    EXPECT_EQ(Reason(harness_.Call(rename)), "INVALID_REQUEST") << "another call";
  }

  v1::UpdateMethodRequest Rename(const std::string& description) {
    auto request = user_.About<v1::UpdateMethodRequest>();
    request.set_method_id(app_.method_id());
    request.set_description(description);
    request.mutable_update_mask()->add_paths("description");
    return request;
  }

  User user_{harness_, "ann"};
  App app_;
};
INSTANTIATE_TEST_SUITE_P(, Repeated, EverySetting(), SettingName);

TEST_P(Repeated, VerifyByADeviceCode) {
  ASSERT_EQ(Reason(Twice(VerifyOf(user_, app_.CodeAt(Now())))), "ok");
  EXPECT_TRUE(Refused(user_.Verify(app_.CodeAt(Now())))) << "without the id it is a replay";
}

TEST_P(Repeated, VerifyByABackupCode) {
  const auto answer = Twice(VerifyOf(user_, user_.backup_codes()[0]));
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_EQ(answer->backup_codes_remaining(), 9);
}

TEST_P(Repeated, ARejectedVerifyIsRejectedAgainAndNotChargedAgain) {
  EXPECT_EQ(Reason(Twice(VerifyOf(user_, app_.WrongCode(Now())))), "CODE_REJECTED");
  EXPECT_EQ(Reason(Twice(VerifyOf(user_, "2345-6789-ABCD-EFGH"))), "CODE_REJECTED");
  EXPECT_EQ(Failures(user_), 2);
}

TEST_P(Repeated, ARejectionStaysOneAlsoWhenTheCodeBecomesRight) {
  auto early = VerifyOf(user_, app_.CodeAt(Now(), 2));
  early.set_request_id(NewRequestId());
  ASSERT_EQ(Reason(harness_.Call(early)), "CODE_REJECTED");
  AdvanceSeconds(50);
  EXPECT_EQ(Reason(harness_.Call(early)), "CODE_REJECTED");
  EXPECT_EQ(Failures(user_), 1);
}

TEST_P(Repeated, Enroll) {
  auto request = user_.About<v1::EnrollRequest>();
  request.set_proof_code(app_.CodeAt(Now()));
  request.set_description("tablet");
  request.set_qr_format(v1::QR_FORMAT_SVG);
  const auto answer = Twice(request);
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_FALSE(answer->secret_base32().empty());
  EXPECT_FALSE(answer->qr_svg().empty());
  EXPECT_EQ(CountDevices(Record(user_)), 2);
}

// The picture is drawn for the secret that is stored, and not for the one that the slower call has made.
TEST_P(Repeated, TwoEnrollsAtOnceShowOneSecretAndItsPicture) {
  for (int round = 0; round < 20; ++round) {
    const User other(harness_, absl::StrCat("bob", round));
    auto request = other.About<v1::EnrollRequest>();
    request.set_qr_format(v1::QR_FORMAT_TEXT);
    request.set_request_id(NewRequestId());
    std::array<std::string, 2> answers;
    std::vector<std::thread> threads;
    for (std::string& answer : answers) {
      threads.emplace_back([&] {
        const auto enrolled = harness_.Call(request);
        answer = enrolled.ok() ? enrolled->SerializeAsString() : Reason(enrolled);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(answers[0], answers[1]) << round;
    EXPECT_EQ(answers[0], harness_.Call(request)->SerializeAsString()) << round;
  }
}

TEST_P(Repeated, EnrollOfACounterBasedDevice) {
  auto request = user_.About<v1::EnrollRequest>();
  request.set_proof_code(app_.CodeAt(Now()));
  request.set_otpauth_uri(
      "otpauth://hotp/Shop:ann?secret=MRQXI5DFOIQHI2DJOMQHO2LUNAQGCIDT&counter=17&digits=8");
  ASSERT_EQ(Reason(Twice(request)), "ok");
}

TEST_P(Repeated, EnrollWithAWrongProof) {
  auto request = user_.About<v1::EnrollRequest>();
  request.set_proof_code(app_.WrongCode(Now()));
  EXPECT_EQ(Reason(Twice(request)), "CODE_REJECTED");
  EXPECT_EQ(Failures(user_), 1);
}

TEST_P(Repeated, ConfirmEnrollmentShowsTheSameBackupCodesAgain) {
  User other(harness_, "bob");
  auto enroll = other.About<v1::EnrollRequest>();
  enroll.set_request_id(NewRequestId());
  const auto enrolled = harness_.Call(enroll);
  ASSERT_EQ(Reason(enrolled), "ok");
  const auto again = harness_.Call(enroll);
  ASSERT_EQ(Reason(again), "ok");
  EXPECT_EQ(again->SerializeAsString(), enrolled->SerializeAsString());
  const App app(enrolled->method().method_id(), enrolled->otpauth_uri());
  auto confirm = other.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(app.method_id());
  confirm.set_code(app.CodeAt(Now()));
  confirm.set_request_id(NewRequestId());
  const auto first = harness_.Call(confirm);
  ASSERT_EQ(Reason(first), "ok");
  ASSERT_EQ(first->backup_codes_size(), 10);
  harness_.Restart();
  const auto second = harness_.Call(confirm);
  ASSERT_EQ(Reason(second), "ok");
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Reason(other.Verify(second->backup_codes(4))), "ok");
  EXPECT_EQ(Reason(harness_.Call(enroll)), "METHOD_STATE") << "the secret is shown while it is pending only";
}

TEST_P(Repeated, ConfirmEnrollmentOfALaterDevice) {
  auto enroll = user_.About<v1::EnrollRequest>();
  enroll.set_proof_code(app_.CodeAt(Now()));
  const auto enrolled = harness_.Call(enroll);
  const App app(enrolled->method().method_id(), enrolled->otpauth_uri());
  auto confirm = user_.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(app.method_id());
  confirm.set_code(app.WrongCode(Now()));
  EXPECT_EQ(Reason(Twice(confirm)), "CODE_REJECTED");
  EXPECT_EQ(Failures(user_), 1);
  confirm.set_code(app.CodeAt(Now()));
  const auto answer = Twice(confirm);
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_EQ(answer->backup_codes_size(), 0);
}

TEST_P(Repeated, RotateShowsTheSameBackupCodesAgain) {
  auto request = user_.About<v1::RotateBackupCodesRequest>();
  request.set_count(20);
  request.set_proof_code(user_.backup_codes()[0]);
  const auto answer = Twice(request);
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_EQ(answer->backup_codes_size(), 20);
  EXPECT_EQ(answer->replaced_count(), 9);
  EXPECT_EQ(Reason(user_.Verify(answer->backup_codes(19))), "ok");
}

TEST_P(Repeated, RotateWithAWrongProof) {
  auto request = user_.About<v1::RotateBackupCodesRequest>();
  request.set_proof_code(app_.WrongCode(Now()));
  EXPECT_EQ(Reason(Twice(request)), "CODE_REJECTED");
  EXPECT_EQ(Failures(user_), 1);
}

TEST_P(Repeated, BackupCodesThatAreKeptDoNotOpenWithTheRingAlone) {
  auto request = user_.About<v1::RotateBackupCodesRequest>();
  request.set_proof_code(app_.CodeAt(Now()));
  request.set_request_id(NewRequestId());
  ASSERT_EQ(Reason(harness_.Call(request)), "ok");
  const SubjectRecord record = Record(user_);
  const auto& past = record.past_requests(record.past_requests_size() - 1);
  ASSERT_FALSE(past.sealed_codes().empty());
  EXPECT_EQ(record.SerializeAsString().find(request.request_id()), std::string::npos);
  const std::string context = LengthPrefixed({"", "ann", "answer"});
  EXPECT_TRUE(
      harness_.ring().Open(Purpose::kAnswer, past.sealed_codes(), context, request.request_id()).ok());
  EXPECT_FALSE(harness_.ring().Open(Purpose::kAnswer, past.sealed_codes(), context).ok());
  EXPECT_FALSE(harness_.ring().Open(Purpose::kAnswer, past.sealed_codes(), context, NewRequestId()).ok());
}

TEST_P(Repeated, UpdateMethod) {
  ASSERT_EQ(Reason(Twice(Rename("Ann's phone"))), "ok");
  auto enable = user_.About<v1::UpdateMethodRequest>();
  enable.set_method_id(app_.method_id());
  enable.set_enabled(true);
  enable.mutable_update_mask()->add_paths("enabled");
  enable.set_proof_code(app_.WrongCode(Now()));
  EXPECT_EQ(Reason(Twice(enable)), "CODE_REJECTED");
  enable.set_proof_code(app_.CodeAt(Now()));
  EXPECT_EQ(Reason(Twice(enable)), "ok");
}

TEST_P(Repeated, DeleteMethod) {
  auto request = user_.About<v1::DeleteMethodRequest>();
  request.set_method_id(app_.method_id());
  request.set_proof_code(app_.WrongCode(Now()));
  EXPECT_EQ(Reason(Twice(request)), "CODE_REJECTED");
  request.set_proof_code(app_.CodeAt(Now()));
  const auto last = Twice(request);
  ASSERT_EQ(Reason(last), "ok");
  EXPECT_FALSE(last->second_factor_required());
  EXPECT_EQ(last->deleted_backup_codes(), 10);
}

TEST_P(Repeated, DeleteMethodOfOneOfTwo) {
  const App other = EnrollAnother(user_, v1::METHOD_TYPE_TOTP, app_.CodeAt(Now()));
  auto request = user_.About<v1::DeleteMethodRequest>();
  request.set_method_id(other.method_id());
  request.set_proof_code(app_.CodeAt(Now()));
  const auto answer = Twice(request);
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_TRUE(answer->second_factor_required());
  EXPECT_EQ(answer->deleted_backup_codes(), 0);
}

TEST_P(Repeated, DeleteBackupCodes) {
  auto request = user_.About<v1::DeleteBackupCodesRequest>();
  request.set_proof_code(app_.WrongCode(Now()));
  EXPECT_EQ(Reason(Twice(request)), "CODE_REJECTED");
  request.set_proof_code(app_.CodeAt(Now()));
  const auto answer = Twice(request);
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_EQ(answer->deleted_count(), 10);
}

TEST_P(Repeated, ResyncMethod) {
  EXPECT_EQ(Reason(Twice(ResyncOf(user_, app_, app_.CodeAt(Now()), app_.CodeAt(Now(), 2)))), "CODE_REJECTED");
  ASSERT_EQ(Reason(Twice(ResyncOf(user_, app_, app_.CodeAt(Now()), app_.CodeAt(Now(), 1)))), "ok");
}

TEST_P(Repeated, UnlockSubject) {
  Tamper(harness_.storage(), "ann",
         [&](SubjectRecord& record) { record.mutable_budget()->set_locked_until(Now() + 60'000); });
  const auto answer = Twice(user_.About<v1::UnlockSubjectRequest>());
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_TRUE(answer->was_locked());
  EXPECT_TRUE(answer->had_record());
}

TEST_P(Repeated, AnAdministratorIsToldThatAMistypedNameHasNoRecord) {
  const User mistyped(harness_, "anm");
  EXPECT_FALSE(harness_.Call(mistyped.About<v1::UnlockSubjectRequest>())->had_record());
  EXPECT_FALSE(harness_.Call(mistyped.About<v1::ResetSubjectRequest>())->had_record());
  EXPECT_FALSE(mistyped.List()->has_record());
  EXPECT_TRUE(user_.List()->has_record());
  EXPECT_TRUE(harness_.Call(user_.About<v1::UnlockSubjectRequest>())->had_record());
  EXPECT_TRUE(harness_.Call(user_.About<v1::ResetSubjectRequest>())->had_record());
  EXPECT_FALSE(user_.List()->has_record());
}

TEST_P(Repeated, ResetSubjectDoesNotTakeWhatWasEnrolledMeanwhile) {
  auto reset = user_.About<v1::ResetSubjectRequest>();
  const auto answer = Twice(reset);
  ASSERT_EQ(Reason(answer), "ok");
  EXPECT_EQ(answer->removed_methods(), 1);
  EXPECT_EQ(answer->removed_backup_codes(), 10);
  EXPECT_TRUE(answer->had_record());
  reset.set_request_id(NewRequestId());
  user_.Enroll();
  ASSERT_EQ(Reason(harness_.Call(reset)), "ok");
  AdvanceSeconds(-60);
  const App app = user_.Enroll();
  AdvanceSeconds(-60);
  EXPECT_EQ(Reason(harness_.Call(reset)), "ok");
  EXPECT_TRUE(user_.List()->second_factor_required());
}

TEST_P(Repeated, AfterAMinuteItIsANewAttempt) {
  auto request = VerifyOf(user_, app_.CodeAt(Now(), 1));
  request.set_request_id(NewRequestId());
  ASSERT_EQ(Reason(harness_.Call(request)), "ok");
  harness_.clock().Advance(59'999);
  EXPECT_EQ(Reason(harness_.Call(request)), "ok");
  harness_.clock().Advance(1);
  EXPECT_EQ(Reason(harness_.Call(request)), "CODE_REJECTED") << "a replay";
}

TEST_P(Repeated, L8_TheLastEightAreKept) {
  std::vector<v1::UpdateMethodRequest> requests;
  for (int i = 0; i < 10; ++i) {
    requests.push_back(Rename("name " + std::to_string(i)));
    requests.back().set_request_id(NewRequestId());
    ASSERT_EQ(Reason(harness_.Call(requests.back())), "ok");
  }
  EXPECT_EQ(Record(user_).past_requests_size(), 8);
  for (size_t i = 2; i < 10; ++i) {
    auto other = requests[i];
    other.set_description("other");
    EXPECT_EQ(Reason(harness_.Call(other)), "INVALID_REQUEST") << i << " is remembered";
  }
  auto forgotten = requests[1];
  forgotten.set_description("other");
  EXPECT_EQ(Reason(harness_.Call(forgotten)), "ok");
}

TEST_P(Repeated, AnIdIsAUuidOrNothing) {
  for (const std::string& id :
       {std::string("1"), std::string("00000000-0000-0000-0000-000000000000"), std::string(36, 'a'),
        std::string("9f8e7d6c5b4a4312876543210fedcba9"), std::string("9f8e7d6c-5b4a-4312-8765-43210fedcbag"),
        std::string("9f8e7d6c-5b4a-4312-8765-43210fedcba9 ")}) {
    auto request = VerifyOf(user_, app_.CodeAt(Now()));
    request.set_request_id(id);
    EXPECT_EQ(Reason(harness_.Call(request)), "INVALID_REQUEST") << id;
  }
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "ok");
}

TEST_P(Repeated, OneIdOfTwoSubjectsIsTwoAttempts) {
  User other(harness_, "bob");
  const App his = other.Enroll();
  Rest();
  auto mine = VerifyOf(user_, app_.CodeAt(Now()));
  mine.set_request_id(NewRequestId());
  auto yours = VerifyOf(other, his.CodeAt(Now()));
  yours.set_request_id(mine.request_id());
  EXPECT_EQ(Reason(harness_.Call(mine)), "ok");
  EXPECT_EQ(Reason(harness_.Call(yours)), "ok");
}

TEST_P(Repeated, NothingIsRememberedOfACallThatWasNotJudged) {
  Tamper(harness_.storage(), "ann",
         [&](SubjectRecord& record) { record.mutable_budget()->set_locked_until(Now() + 20'000); });
  auto request = VerifyOf(user_, app_.CodeAt(Now(), 1));
  request.set_request_id(NewRequestId());
  EXPECT_EQ(Reason(harness_.Call(request)), "LOCKED");
  AdvanceSeconds(20);
  EXPECT_EQ(Reason(harness_.Call(request)), "ok");
}

TEST_P(Repeated, CallsInParallelUnderOneIdHaveOneEffectAndOneAnswer) {
  auto request = VerifyOf(user_, app_.CodeAt(Now()));
  request.set_request_id(NewRequestId());
  const size_t calls = IsOpen() ? 16 : 5;
  EXPECT_EQ(ReasonsOfAll(harness_, std::vector<v1::VerifyRequest>(calls, request)),
            std::vector<std::string>(calls, "ok"));
  EXPECT_EQ(Failures(user_), 0);
}

// What was accepted, sent again: a form that is posted twice, or a page that is loaded again.
class SentAgain : public ThreatTest {
 protected:
  template <typename Request>
  void ExpectRefusedWithoutCharge(const Request& request) {
    const std::string before = Record(user_).SerializeAsString();
    for (int i = 0; i < 25; ++i) EXPECT_TRUE(Refused(harness_.Call(request)));
    EXPECT_EQ(Record(user_).SerializeAsString(), before);
  }
  template <typename Request>
  void ExpectAcceptedOnce(const Request& request) {
    ASSERT_EQ(Reason(harness_.Call(request)), "ok");
    ExpectRefusedWithoutCharge(request);
    // Also when the code has left the window.
    Rest();
    ExpectRefusedWithoutCharge(request);
    Rest();
  }

  User user_{harness_, "ann"};
  App totp_ = user_.Enroll();
};
INSTANTIATE_TEST_SUITE_P(, SentAgain, EverySetting(), SettingName);

TEST_P(SentAgain, T4_ATotpCodeIsRefusedWithoutACharge) {
  ExpectAcceptedOnce(VerifyOf(user_, totp_.CodeAt(Now())));
  ExpectAcceptedOnce(VerifyOf(user_, totp_.CodeAt(Now(), 1)));
  EXPECT_EQ(Reason(user_.Verify(totp_.CodeAt(Now()))), "ok");
}

TEST_P(SentAgain, T4_AnHotpCodeIsRefusedWithoutACharge) {
  const App hotp = EnrollAnother(user_, v1::METHOD_TYPE_HOTP, totp_.CodeAt(Now()));
  Rest();
  ExpectRefusedWithoutCharge(VerifyOf(user_, hotp.CodeOf(0)));
  Rest();
  ExpectAcceptedOnce(VerifyOf(user_, hotp.CodeOf(1)));
  ExpectAcceptedOnce(VerifyOf(user_, hotp.CodeOf(5)));
  EXPECT_EQ(Reason(user_.Verify(hotp.CodeOf(6))), "ok");
}

TEST_P(SentAgain, T4_ABackupCodeIsRefusedWithoutACharge) {
  ExpectAcceptedOnce(VerifyOf(user_, user_.backup_codes()[0]));
  // However long ago it was spent.
  ExpectAcceptedOnce(VerifyOf(user_, user_.backup_codes()[7]));
  ExpectRefusedWithoutCharge(VerifyOf(user_, user_.backup_codes()[0]));
}

TEST_P(SentAgain, T4_AProofIsRefusedWithoutACharge) {
  auto rotate = user_.About<v1::RotateBackupCodesRequest>();
  rotate.set_proof_code(totp_.CodeAt(Now()));
  ExpectAcceptedOnce(rotate);
}

TEST_P(SentAgain, T4_TwoConsecutiveCodesAreRefusedWithoutACharge) {
  ExpectAcceptedOnce(ResyncOf(user_, totp_, totp_.CodeAt(Now(), 8), totp_.CodeAt(Now(), 9)));
  const App hotp = EnrollAnother(user_, v1::METHOD_TYPE_HOTP, totp_.CodeAt(Now(), 9));
  Rest();
  ExpectAcceptedOnce(ResyncOf(user_, hotp, hotp.CodeOf(40), hotp.CodeOf(41)));
}

TEST_P(SentAgain, T4_WhatMayBeAGuessIsCharged) {
  const App hotp = EnrollAnother(user_, v1::METHOD_TYPE_HOTP, totp_.CodeAt(Now()));
  Rest();
  ASSERT_EQ(Reason(user_.Verify(hotp.CodeOf(3))), "ok");
  ASSERT_EQ(Reason(user_.Verify(totp_.CodeAt(Now()))), "ok");
  const auto expect_charged = [&](const char* why, const auto& request) {
    Pardon(user_);
    AdvanceSeconds(-200);
    EXPECT_EQ(Reason(harness_.Call(request)), "CODE_REJECTED") << why;
    EXPECT_EQ(Failures(user_), 1) << why;
    harness_.Restart();
  };
  expect_charged("an older step of the window", VerifyOf(user_, totp_.CodeAt(Now(), -1)));
  expect_charged("an older counter", VerifyOf(user_, hotp.CodeOf(2)));
  const std::string spent = user_.backup_codes()[2];
  expect_charged("another code of a slot",
                 VerifyOf(user_, spent.substr(0, 18) + (spent[18] == '2' ? "3" : "2")));
  // The second one is fresh: whether it is right must not show.
  expect_charged("the last one and the next one",
                 ResyncOf(user_, totp_, totp_.CodeAt(Now()), totp_.CodeAt(Now(), 1)));
  expect_charged("the last one and a wrong one",
                 ResyncOf(user_, totp_, totp_.CodeAt(Now()), totp_.WrongCode(Now())));
  expect_charged("the last counter and the next one", ResyncOf(user_, hotp, hotp.CodeOf(3), hotp.CodeOf(4)));
}

TEST_P(SentAgain, T4_EachTimeTakesAnAttemptFromTheLimiter) {
  Limits limits = PolicyUnderTest();
  limits.login_limit.attempts = 2;
  harness_.Restart(limits);
  const std::string code = totp_.CodeAt(Now());
  EXPECT_EQ(Reason(user_.Verify(code)), "ok");
  EXPECT_EQ(Reason(user_.Verify(code)), "CODE_REJECTED");
  EXPECT_EQ(Reason(user_.Verify(code)), "RATE_LIMITED");
}

TEST_P(SentAgain, T4_AConfirmationIsDoneOnceAndItsCodeIsNotLookedAtAgain) {
  auto enroll = user_.About<v1::EnrollRequest>();
  enroll.set_proof_code(totp_.CodeAt(Now()));
  const auto enrolled = harness_.Call(enroll);
  ASSERT_EQ(Reason(enrolled), "ok");
  const App app(enrolled->method().method_id(), enrolled->otpauth_uri());
  auto confirm = user_.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(app.method_id());
  confirm.set_code(app.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(confirm)), "ok");
  const std::string before = Record(user_).SerializeAsString();
  EXPECT_EQ(Reason(harness_.Call(confirm)), "METHOD_STATE");
  EXPECT_EQ(Record(user_).SerializeAsString(), before);
  // To log in with it is a replay like any other.
  Rest();
  ExpectRefusedWithoutCharge(VerifyOf(user_, confirm.code()));
}

}  // namespace
}  // namespace twofold
