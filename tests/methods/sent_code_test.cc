// Codes by SMS and e-mail, used through the whole engine.

#include <set>
#include <string>
#include <vector>

#include "tests/methods/sent_code_fixture.h"

namespace twofold {
namespace {

TEST_P(SentCodes, LogInOnce) {
  const std::string id = EnrollPhone(ann_);
  const auto started = harness_.Call(ChallengeRequest(ann_));
  ASSERT_EQ(Reason(started), "ok");
  EXPECT_EQ(started->sent().masked_destination(), "+***78");
  EXPECT_EQ(started->type(), v1::METHOD_TYPE_SMS);
  EXPECT_TRUE(started->sent().code().empty()) << "a carrier sends it";
  const Message message = harness_.sender().sent().back();
  EXPECT_EQ(message.destination, kNumber);
  EXPECT_EQ(message.purpose, MessagePurpose::kLogin);
  EXPECT_EQ(message.expire_time, harness_.clock().Now() + 10 * kMinute);
  auto request = ann_.About<v1::VerifyRequest>();
  request.set_code(message.code);
  request.set_challenge_id(started->challenge_id());
  const auto verified = harness_.Call(request);
  ASSERT_EQ(Reason(verified), "ok");
  EXPECT_EQ(verified->method().method_id(), id);
  EXPECT_TRUE(verified->method().restricted());
  EXPECT_EQ(Reason(harness_.Call(request)), "CODE_REJECTED") << "it is used";
}

TEST_P(SentCodes, WorkWithTheirOwnChallengeAlone) {
  EnrollPhone(ann_);
  User bob(harness_, "bob");
  EnrollPhone(bob, "+4915112345679");
  const std::string first = Challenge(ann_);
  const std::string first_code = LastCode();
  harness_.clock().Advance(kMinute);
  const std::string second = Challenge(ann_);
  const std::string second_code = LastCode();
  const std::string of_bob = Challenge(bob);
  EXPECT_EQ(Verify(ann_, second_code, first), "CODE_REJECTED");
  EXPECT_EQ(Verify(ann_, first_code, second), "CODE_REJECTED");
  EXPECT_EQ(Verify(ann_, LastCode(), of_bob), "CODE_REJECTED") << "another user's challenge";
  EXPECT_EQ(Verify(bob, second_code, second), "CODE_REJECTED");
  EXPECT_EQ(Reason(ann_.Verify(second_code)), "CODE_REJECTED") << "without a challenge";
  EXPECT_EQ(Verify(ann_, second_code, second), "ok");
  EXPECT_EQ(Verify(ann_, first_code, first), "CODE_REJECTED") << "older than the used one";
}

TEST_P(SentCodes, AreSentAgainUnchanged) {
  EnrollPhone(ann_);
  const std::string challenge = Challenge(ann_);
  const std::string code = LastCode();
  harness_.clock().Advance(kMinute);
  auto again = ChallengeRequest(ann_);
  again.set_challenge_id(challenge);
  const auto repeated = harness_.Call(again);
  ASSERT_EQ(Reason(repeated), "ok");
  EXPECT_EQ(repeated->challenge_id(), challenge);
  EXPECT_EQ(LastCode(), code);
  const auto sent = harness_.sender().sent();
  EXPECT_NE(sent[sent.size() - 1].id, sent[sent.size() - 2].id) << "it is a message of its own";
  EXPECT_EQ(Verify(ann_, code, challenge), "ok");
  EXPECT_EQ(Reason(harness_.Call(again)), "INVALID_REQUEST") << "it is used";
}

TEST_P(SentCodes, ExpireAfterTenMinutesAndThenCostNothing) {
  EnrollPhone(ann_);
  const std::string challenge = Challenge(ann_);
  harness_.clock().Advance(10 * kMinute - 1);
  EXPECT_EQ(Verify(ann_, WrongCode(), challenge), "CODE_REJECTED");
  harness_.clock().Advance(1);
  EXPECT_EQ(Verify(ann_, LastCode(), challenge), "CODE_REJECTED");
  EXPECT_EQ(Failures(ann_), 2) << "the wrong code, and the one that Failures presents";
}

TEST_P(SentCodes, AreBoundToTheirCaller) {
  EnrollPhone(ann_);
  const std::string challenge = Challenge(ann_);
  CallFacts other;
  other.caller = "billing";
  auto request = ann_.About<v1::VerifyRequest>();
  request.set_code(LastCode());
  request.set_challenge_id(challenge);
  EXPECT_EQ(Reason(harness_.Call(other, request)), "CODE_REJECTED");
  EXPECT_EQ(other.cause, Cause::kNoChallenge);
  EXPECT_EQ(Verify(ann_, LastCode(), challenge), "ok");
}

TEST_P(SentCodes, AreNoProof) {
  const std::string id = EnrollPhone(ann_);
  auto start = ChallengeRequest(ann_);
  start.set_for_change(true);
  EXPECT_EQ(Reason(harness_.Call(start)), "METHOD_NOT_FOUND");
  const std::string challenge = Challenge(ann_);
  auto remove = ann_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(app_.method_id());
  remove.set_proof_code(LastCode());
  remove.set_challenge_id(challenge);
  EXPECT_EQ(Reason(harness_.Call(remove)), "INVALID_REQUEST");
  remove.clear_challenge_id();
  EXPECT_EQ(Reason(harness_.Call(remove)), "LAST_METHOD") << "nothing but the phone would be left";
  remove.set_method_id(id);
  EXPECT_EQ(Reason(harness_.Call(remove)), "CODE_REJECTED");
}

TEST_P(SentCodes, NeedAStrongerMethodBesideThem) {
  EXPECT_EQ(Reason(harness_.Call(SmsRequest(ann_, kNumber, ""))), "NO_DEVICE");
  const std::string id = EnrollPhone(ann_);
  auto disable = ann_.About<v1::UpdateMethodRequest>();
  disable.set_method_id(app_.method_id());
  disable.mutable_update_mask()->add_paths("enabled");
  disable.set_proof_code(ann_.backup_codes()[0]);
  EXPECT_EQ(Reason(harness_.Call(disable)), "LAST_METHOD");
  auto remove = ann_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(app_.method_id());
  remove.set_proof_code(ann_.backup_codes()[0]);
  EXPECT_EQ(Reason(harness_.Call(remove)), "LAST_METHOD");
  remove.set_method_id(id);
  EXPECT_EQ(Reason(harness_.Call(remove)), "ok");
}

TEST_P(SentCodes, AreGoneWithTheStrongerMethodBeforeTheyWereConfirmed) {
  app_ = ann_.Enroll();
  const auto enrolled = harness_.Call(SmsRequest(ann_, kNumber, app_.CodeAt(harness_.clock().Now())));
  ASSERT_EQ(Reason(enrolled), "ok");
  auto remove = ann_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(app_.method_id());
  remove.set_proof_code(ann_.backup_codes()[0]);
  ASSERT_EQ(Reason(harness_.Call(remove)), "ok");
  EXPECT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, enrolled->method().method_id(), LastCode()))),
            "NO_DEVICE");
}

TEST_P(SentCodes, CanStandAloneWhereTheOperatorSaysSo) {
  Limits limits = OpenLimits();
  limits.restricted_alone = true;
  harness_.Restart(limits);
  const auto enrolled = harness_.Call(SmsRequest(ann_, kNumber, ""));
  ASSERT_EQ(Reason(enrolled), "ok");
  const auto confirmed = harness_.Call(ConfirmRequest(ann_, enrolled->method().method_id(), LastCode()));
  ASSERT_EQ(Reason(confirmed), "ok");
  EXPECT_EQ(confirmed->backup_codes_size(), 10);
  harness_.clock().Advance(kMinute);
  const std::string challenge = Challenge(ann_);
  EXPECT_EQ(Verify(ann_, LastCode(), challenge), "ok");
}

TEST_P(SentCodes, ConfirmAPendingMethodForTenMinutesAndAreSentAgain) {
  app_ = ann_.Enroll();
  const auto enrolled = harness_.Call(SmsRequest(ann_, kNumber, app_.CodeAt(harness_.clock().Now())));
  ASSERT_EQ(Reason(enrolled), "ok");
  const std::string id = enrolled->method().method_id();
  const std::string code = LastCode();
  EXPECT_EQ(harness_.sender().sent().back().purpose, MessagePurpose::kEnrollment);
  harness_.clock().Advance(kMinute);
  auto again = ann_.About<v1::StartChallengeRequest>();
  again.set_method_id(id);
  EXPECT_EQ(Reason(harness_.Call(again)), "INVALID_REQUEST") << "it is no login";
  again.set_for_change(true);
  const auto repeated = harness_.Call(again);
  ASSERT_EQ(Reason(repeated), "ok");
  EXPECT_TRUE(repeated->challenge_id().empty());
  EXPECT_EQ(LastCode(), code);
  EXPECT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, id, WrongCode()))), "CODE_REJECTED");
  EXPECT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, id, code))), "ok");
  EXPECT_EQ(Reason(ann_.Verify(code)), "CODE_REJECTED") << "it is used";
}

TEST_P(SentCodes, OfAPendingMethodExpireThoughTheMethodDoesNot) {
  Limits limits = OpenLimits();
  limits.pending_ttl_ms = kHour;
  harness_.Restart(limits);
  app_ = ann_.Enroll();
  const auto enrolled = harness_.Call(SmsRequest(ann_, kNumber, app_.CodeAt(harness_.clock().Now())));
  ASSERT_EQ(Reason(enrolled), "ok");
  harness_.clock().Advance(10 * kMinute);
  EXPECT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, enrolled->method().method_id(), LastCode()))),
            "CODE_REJECTED");
}

TEST_P(SentCodes, GoToOneMethodPerDestination) {
  EnrollPhone(ann_);
  const auto enrolled = harness_.Call(SmsRequest(ann_, kNumber, app_.CodeAt(harness_.clock().Now(), 1)));
  ASSERT_EQ(Reason(enrolled), "ok");
  EXPECT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, enrolled->method().method_id(), LastCode()))),
            "DUPLICATE_SECRET");
}

TEST_P(SentCodes, HaveEachDigitAtEachPlace) {
  EnrollPhone(ann_);
  std::vector<std::set<char>> digits(6);
  for (int i = 0; i < 300; ++i) {
    Challenge(ann_);
    const std::string code = LastCode();
    ASSERT_EQ(code.size(), digits.size());
    for (size_t place = 0; place < digits.size(); ++place) digits[place].insert(code[place]);
  }
  for (const std::set<char>& at_place : digits) EXPECT_EQ(at_place.size(), 10U);
}

TEST_P(SentCodes, BelongToThePhoneToWhichTheyWent) {
  const std::string first = EnrollPhone(ann_);
  const auto enrolled =
      harness_.Call(SmsRequest(ann_, "+4915112345679", app_.CodeAt(harness_.clock().Now(), 1)));
  ASSERT_EQ(Reason(enrolled), "ok");
  const std::string second = enrolled->method().method_id();
  ASSERT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, second, LastCode()))), "ok");
  harness_.clock().Advance(kMinute);
  const std::string challenge = Challenge(ann_);
  auto remove = ann_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(harness_.sender().sent().back().destination == kNumber ? first : second);
  remove.set_proof_code(ann_.backup_codes()[0]);
  ASSERT_EQ(Reason(harness_.Call(remove)), "ok");
  EXPECT_EQ(Verify(ann_, LastCode(), challenge), "CODE_REJECTED");
}

TEST_P(SentCodes, T48_GoToListedPrefixesAndWellFormedDestinationsAlone) {
  app_ = ann_.Enroll();
  for (const std::string number :
       {"+43664123456", "004915112345678", "+49 151 12345678", "+49151123456789012", "+4915112345678\r\n",
        "+4915112345678,+4915112345679", "+49", "", "tel:+4915112345678", "+４９15112345678"}) {
    EXPECT_EQ(Reason(harness_.Call(SmsRequest(ann_, number, app_.CodeAt(harness_.clock().Now())))),
              "INVALID_REQUEST")
        << number;
  }
  for (const std::string email :
       {"a@example.org>\r\nRCPT TO:<evil@example.org", "a@example.org,b@example.org",
        "a@example.org\nBcc: b@example.org", "\"a b\"@example.org", "a@[192.0.2.1]", "a@localhost",
        "a b@example.org", "Ann <a@example.org>", "@example.org", "a@", "ä@example.org", ""}) {
    auto request = SmsRequest(ann_, "", app_.CodeAt(harness_.clock().Now()));
    request.set_type(v1::METHOD_TYPE_EMAIL);
    request.set_email(email);
    EXPECT_EQ(Reason(harness_.Call(request)), "INVALID_REQUEST") << email;
  }
  EXPECT_EQ(Sent(), 0U);
  EXPECT_EQ(Reason(ann_.Verify(app_.CodeAt(harness_.clock().Now()))), "ok") << "no proof was used";
}

TEST_P(SentCodes, WorkByEmail) {
  app_ = ann_.Enroll();
  auto request = SmsRequest(ann_, "", app_.CodeAt(harness_.clock().Now()));
  request.set_type(v1::METHOD_TYPE_EMAIL);
  request.set_email("ann.o'neil+2fa@mail.example.org");
  const auto enrolled = harness_.Call(request);
  ASSERT_EQ(Reason(enrolled), "ok");
  EXPECT_EQ(enrolled->sent().masked_destination(), "a***@mail.example.org");
  EXPECT_EQ(harness_.sender().sent().back().destination, "ann.o'neil+2fa@mail.example.org");
  ASSERT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, enrolled->method().method_id(), LastCode()))), "ok");
  harness_.clock().Advance(kMinute);
  auto start = ann_.About<v1::StartChallengeRequest>();
  const auto started = harness_.Call(start);
  ASSERT_EQ(Reason(started), "ok");
  EXPECT_EQ(started->type(), v1::METHOD_TYPE_EMAIL);
  EXPECT_EQ(Verify(ann_, LastCode(), started->challenge_id()), "ok");
}

TEST_P(SentCodes, OfACarrierThatFailsAreAClearError) {
  const std::string id = EnrollPhone(ann_);
  harness_.sender().Answer(absl::UnavailableError("the provider is down"));
  const auto failed = harness_.Call(ChallengeRequest(ann_));
  EXPECT_EQ(Reason(failed), "DELIVERY_FAILED");
  EXPECT_TRUE(absl::IsUnavailable(failed.status()));
  harness_.sender().Answer(absl::ResourceExhaustedError("too many wait"));
  harness_.clock().Advance(kMinute);
  EXPECT_EQ(Reason(harness_.Call(ChallengeRequest(ann_))), "OVERLOADED");
  EXPECT_EQ(Reason(ann_.Verify(app_.CodeAt(harness_.clock().Now(), 1))), "ok");
}

TEST_P(SentCodes, T25_OfAServerWhoseClockIsAheadAreRefusedWithoutACharge) {
  EnrollPhone(ann_);
  harness_.clock().Advance(10 * kMinute);
  const std::string ahead = Challenge(ann_);
  harness_.clock().Advance(-10 * kMinute);
  EXPECT_EQ(Verify(ann_, LastCode(), ahead), "SERVER_UNFIT");
  harness_.clock().Advance(10 * kMinute);
  EXPECT_EQ(Verify(ann_, LastCode(), ahead), "ok");
  harness_.clock().Advance(-10 * kMinute);
  const std::string behind = Challenge(ann_);
  EXPECT_EQ(Verify(ann_, LastCode(), behind), "SERVER_UNFIT");
  harness_.clock().Advance(20 * kMinute);
  EXPECT_EQ(Failures(ann_), 1) << "the one that Failures presents";
}

TEST_P(SentCodes, ARepeatedRequestIsNotSentAgain) {
  app_ = ann_.Enroll();
  auto request = SmsRequest(ann_, kNumber, app_.CodeAt(harness_.clock().Now()));
  request.set_request_id(NewRequestId());
  const auto first = harness_.Call(request);
  const auto second = harness_.Call(request);
  ASSERT_EQ(Reason(first), "ok");
  ASSERT_EQ(Reason(second), "ok");
  EXPECT_EQ(first->method().method_id(), second->method().method_id());
  EXPECT_EQ(Sent(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Storages, SentCodes, testing::Values("memory:", "sqlite:"),
                         [](const testing::TestParamInfo<const char*>& storage) {
                           return std::string(storage.param).substr(0, 6);
                         });

// The caller sends the codes.
class CodesForCallers : public SentCodes {
 protected:
  CodesForCallers() : SentCodes(OpenLimits(), BuiltinAuthenticators(Settings())) {}

  static MethodSettings Settings() {
    MethodSettings settings = TestMethodSettings();
    settings.sms.goes_to_caller = true;
    return settings;
  }
};

TEST_P(CodesForCallers, AreInTheResponseToThoseWhoMayHaveThem) {
  app_ = ann_.Enroll();
  auto request = SmsRequest(ann_, kNumber, app_.CodeAt(harness_.clock().Now()));
  request.set_request_id(NewRequestId());
  EXPECT_EQ(Reason(harness_.Call(request)), "CALLER_NOT_ALLOWED");
  const auto enrolled = harness_.CallAsCarrier(request);
  ASSERT_EQ(Reason(enrolled), "ok");
  const std::string code = enrolled->sent().code();
  EXPECT_EQ(code.size(), 6U);
  EXPECT_EQ(harness_.CallAsCarrier(request)->sent().code(), code) << "the same response again";
  EXPECT_EQ(Sent(), 0U);
  ASSERT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, enrolled->method().method_id(), code))), "ok");
  EXPECT_EQ(Reason(harness_.Call(ChallengeRequest(ann_))), "CALLER_NOT_ALLOWED");
  const auto started = harness_.CallAsCarrier(ChallengeRequest(ann_));
  ASSERT_EQ(Reason(started), "ok");
  EXPECT_EQ(Verify(ann_, started->sent().code(), started->challenge_id()), "ok");
}

INSTANTIATE_TEST_SUITE_P(Storages, CodesForCallers, testing::Values("memory:"),
                         [](const testing::TestParamInfo<const char*>& storage) {
                           return std::string(storage.param).substr(0, 6);
                         });

class CodesOfNoCarrier : public SentCodes {
 protected:
  CodesOfNoCarrier() : SentCodes(OpenLimits(), BuiltinAuthenticators(Settings())) {}

  static MethodSettings Settings() {
    MethodSettings settings = TestMethodSettings();
    settings.sms.is_on = false;
    return settings;
  }
};

TEST_P(CodesOfNoCarrier, CannotBeEnrolled) {
  app_ = ann_.Enroll();
  EXPECT_EQ(Reason(harness_.Call(SmsRequest(ann_, kNumber, app_.CodeAt(harness_.clock().Now())))),
            "INVALID_REQUEST");
}

INSTANTIATE_TEST_SUITE_P(Storages, CodesOfNoCarrier, testing::Values("memory:"),
                         [](const testing::TestParamInfo<const char*>& storage) {
                           return std::string(storage.param).substr(0, 6);
                         });

}  // namespace
}  // namespace twofold
