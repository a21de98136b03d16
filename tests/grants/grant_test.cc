// Remembered devices: the login that makes a grant, what the grant is good for, and for how long.

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "gtest/gtest.h"
#include "tests/grants/grant_fixture.h"

namespace twofold {
namespace {

TEST_P(Grants, StandForACodeThatWasRight) {
  app_ = ann_.Enroll();
  const auto verified = Call(Asking(Code(app_)));
  ASSERT_EQ(Reason(verified), "ok");
  const v1::NewGrant& made = verified->new_grant();
  EXPECT_EQ(made.token().size(), 79U);
  EXPECT_EQ(made.grant().description(), "Firefox on Linux");
  EXPECT_EQ(made.grant().caller(), "shop");
  EXPECT_EQ(made.grant().expire_time().seconds() - made.grant().create_time().seconds(), 30 * kDaySeconds);
  EXPECT_EQ(facts_.grant_id, made.grant().grant_id()) << "the audit event names it";
  const auto checked = Check(made.token());
  ASSERT_EQ(Reason(checked), "ok");
  EXPECT_EQ(checked->grant().grant_id(), made.grant().grant_id());
  EXPECT_EQ(checked->method().method_id(), app_.method_id());
  EXPECT_EQ(facts_.grant_id, made.grant().grant_id());
  EXPECT_EQ(Reason(Check(made.token())), "ok") << "it is good for more than one login";
  const auto listed = ann_.List();
  ASSERT_EQ(listed->grants_size(), 1);
  EXPECT_EQ(listed->grants(0).description(), "Firefox on Linux");
  EXPECT_GT(listed->grants(0).last_used_time().seconds(), 0);
}

TEST_P(Grants, AreMadeOnlyWhereTheCodeIsRightAndTheCallerAsks) {
  app_ = ann_.Enroll();
  EXPECT_EQ(Reason(Call(Asking(app_.WrongCode(harness_.clock().Now())))), "CODE_REJECTED");
  const auto unasked = Call(VerifyOf(ann_, Code(app_)));
  ASSERT_EQ(Reason(unasked), "ok");
  EXPECT_FALSE(unasked->has_new_grant());
  EXPECT_EQ(Listed(), 0);
}

TEST_P(Grants, T49_NeitherTheStorageNorAnyLaterAnswerHoldsTheToken) {
  app_ = ann_.Enroll();
  const std::string token = Remembered();
  const std::string secret = token.substr(token.find('.') + 1);
  EXPECT_EQ(secret.size(), 52U) << "256 bits";
  EXPECT_EQ(Stored(harness_.storage(), "ann")->bytes.find(secret), std::string::npos);
  EXPECT_EQ(ann_.List()->SerializeAsString().find(secret), std::string::npos);
  EXPECT_EQ(Check(token)->SerializeAsString().find(secret), std::string::npos);
}

TEST_P(Grants, ARepeatedLoginShowsTheSameToken) {
  app_ = ann_.Enroll();
  v1::VerifyRequest request = Asking(Code(app_));
  request.set_request_id(NewRequestId());
  const auto first = Call(request);
  const auto second = Call(request);
  ASSERT_EQ(Reason(second), "ok");
  EXPECT_FALSE(first->new_grant().token().empty());
  EXPECT_EQ(first->new_grant().SerializeAsString(), second->new_grant().SerializeAsString());
  EXPECT_EQ(Listed(), 1);
  ASSERT_EQ(Reason(Call(ann_.About<v1::RevokeGrantsRequest>())), "ok");
  const auto third = Call(request);
  ASSERT_EQ(Reason(third), "ok");
  EXPECT_FALSE(third->has_new_grant()) << "it is over";
}

TEST_P(Grants, T49_AreForOneUserTenantAndCallerAlone) {
  app_ = ann_.Enroll();
  User bob(harness_, "bob");
  bob.Enroll();
  User other(harness_, "ann", "other");
  other.Enroll();
  const std::string token = Remembered();
  EXPECT_EQ(Reason(Check(token, "billing")), "GRANT_REJECTED");
  EXPECT_EQ(facts_.cause, Cause::kNoGrant);
  EXPECT_EQ(Reason(Check(token, "")), "GRANT_REJECTED");
  EXPECT_EQ(Reason(Check(token, "shop", "bob")), "GRANT_REJECTED");
  EXPECT_EQ(Reason(Check(token, "shop", "ann", "other")), "GRANT_REJECTED");
  EXPECT_EQ(Reason(Check(token, "shop", "nobody")), "GRANT_REJECTED");
  EXPECT_EQ(Reason(Check(token)), "ok");
}

TEST_P(Grants, T49_EveryOtherTokenIsRejectedForOneReason) {
  app_ = ann_.Enroll();
  const std::string token = Remembered();
  const std::string id = token.substr(0, token.find('.'));
  std::string wrong = token;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(Reason(Check(wrong)), "GRANT_REJECTED");
  EXPECT_EQ(facts_.cause, Cause::kWrong);
  for (const std::string& other :
       {id, id + ".", "." + token, token + " ", token + "a", token.substr(0, token.size() - 1),
        absl::AsciiStrToUpper(token), std::string("."), std::string("x"), std::string(256, 'a')}) {
    EXPECT_EQ(Reason(Check(other)), "GRANT_REJECTED") << other;
  }
  EXPECT_EQ(Reason(Check("")), "INVALID_REQUEST");
  EXPECT_EQ(Reason(Check(std::string(257, 'a'))), "INVALID_REQUEST");
  EXPECT_EQ(Record().budget().consecutive_failures(), 0) << "nothing is charged";
}

TEST_P(Grants, T49_WhoeverCanWriteTheStorageCanNeitherPlantNorProlongOne) {
  app_ = ann_.Enroll();
  User bob(harness_, "bob");
  const App bobs = bob.Enroll();
  v1::VerifyRequest of_bob = VerifyOf(bob, Code(bobs));
  of_bob.mutable_remember()->set_max_age_seconds(kDaySeconds);
  const std::string bobs_token = Call(of_bob)->new_grant().token();
  const internal::v1::Grant bobs_grant = RecordOf(harness_.storage(), "bob").grants(0);
  const std::string token = Remembered(60);
  using Change = std::function<void(internal::v1::SubjectRecord&)>;
  const auto tamper = [&](const Change& change) { Tamper(harness_.storage(), "ann", change); };
  tamper([&](auto& record) { *record.add_grants() = bobs_grant; });
  EXPECT_EQ(Reason(Check(bobs_token)), "GRANT_REJECTED") << "bob's grant in ann's record";
  EXPECT_EQ(facts_.cause, Cause::kMethodUnreadable);
  const std::string sealed = Record().grants(0).sealed();
  tamper([&](auto& record) { record.mutable_grants(0)->set_sealed(bobs_grant.sealed()); });
  EXPECT_EQ(Reason(Check(token)), "GRANT_REJECTED");
  tamper([&](auto& record) { record.mutable_grants(0)->clear_sealed(); });
  EXPECT_EQ(Reason(Check(token)), "GRANT_REJECTED");
  tamper([&](auto& record) {
    record.mutable_grants(0)->set_sealed(sealed);
    record.mutable_grants(0)->set_caller("billing");
  });
  EXPECT_EQ(Reason(Check(token, "billing")), "GRANT_REJECTED");
  tamper([&](auto& record) {
    record.mutable_grants(0)->set_caller("shop");
    record.mutable_grants(0)->set_expire_time(harness_.clock().Now() + kDay);
  });
  EXPECT_EQ(Reason(Check(token)), "ok") << "it has its minute";
  harness_.clock().Advance(60 * kMillisPerSecond);
  EXPECT_EQ(Reason(Check(token)), "GRANT_REJECTED");
  EXPECT_EQ(facts_.cause, Cause::kNoGrant);
}

TEST_P(Grants, T49_ExpireAfterTheirTimeAndLeaveTheRecordAtTheNextWrite) {
  app_ = ann_.Enroll();
  const std::string token = Remembered(kDaySeconds);
  harness_.clock().Advance(kDay - 1);
  EXPECT_EQ(Reason(Check(token)), "ok");
  harness_.clock().Advance(1);
  EXPECT_EQ(Reason(Check(token)), "GRANT_REJECTED");
  EXPECT_EQ(Listed(), 0);
  ASSERT_EQ(Reason(ann_.Verify(Code(app_))), "ok");
  EXPECT_EQ(Record().grants_size(), 0);
}

TEST_P(Grants, T49_LastThirtyDaysAtMostWhateverTheClockDid) {
  app_ = ann_.Enroll();
  const auto reason = [&](int seconds) {
    return Reason(Call(Asking(app_.CodeAt(harness_.clock().Now()), seconds)));
  };
  for (const int seconds : {0, -1, 59, 30 * kDaySeconds + 1}) EXPECT_EQ(reason(seconds), "INVALID_REQUEST");
  harness_.clock().Advance(300 * kDay);
  app_ = App();
  User carl(harness_, "carl");
  const App carls = carl.Enroll();
  v1::VerifyRequest request = VerifyOf(carl, Code(carls));
  request.mutable_remember()->set_max_age_seconds(30 * kDaySeconds);
  const std::string token = Call(request)->new_grant().token();
  harness_.clock().Advance(-300 * kDay);
  EXPECT_EQ(Reason(Check(token, "shop", "carl")), "ok");
  EXPECT_LE(carl.List()->grants(0).expire_time().seconds() * kMillisPerSecond,
            harness_.clock().Now() + 30 * kDay);
  harness_.clock().Advance(30 * kDay);
  EXPECT_EQ(Reason(Check(token, "shop", "carl")), "GRANT_REJECTED");
}

TEST_P(Grants, WriteTheirUseOnceADay) {
  app_ = ann_.Enroll();
  const std::string token = Remembered();
  const auto version = [&] { return Stored(harness_.storage(), "ann")->version; };
  const Version before = version();
  ASSERT_EQ(Reason(Check(token)), "ok");
  const Version used = version();
  EXPECT_NE(used, before);
  harness_.clock().Advance(kDay - 1);
  ASSERT_EQ(Reason(Check(token)), "ok");
  EXPECT_EQ(version(), used);
  harness_.clock().Advance(1);
  ASSERT_EQ(Reason(Check(token)), "ok");
  EXPECT_NE(version(), used);
}

TEST_P(Grants, T49_AreAtMostTenAndTheOneUnusedForLongestGoes) {
  app_ = ann_.Enroll();
  std::vector<std::string> tokens;
  for (int i = 0; i < 10; ++i) tokens.push_back(Remembered());
  harness_.clock().Advance(kDay);
  ASSERT_EQ(Reason(Check(tokens[0])), "ok");
  tokens.push_back(Remembered());
  EXPECT_EQ(Listed(), 10);
  EXPECT_EQ(Reason(Check(tokens[1])), "GRANT_REJECTED");
  for (const size_t kept : {0U, 2U, 10U}) EXPECT_EQ(Reason(Check(tokens[kept])), "ok") << kept;
}

TEST_P(Grants, T49_KeepNoRecordThatHoldsNothingElse) {
  internal::v1::SubjectRecord record;
  record.set_schema(kRecordSchema);
  record.add_grants()->set_expire_time(harness_.clock().Now() + kDay);
  EXPECT_TRUE(HoldsNothing(record, harness_.clock().Now()));
}

TEST_P(Grants, T49_ProveNoChange) {
  app_ = ann_.Enroll();
  const std::string token = Remembered();
  ASSERT_EQ(Reason(Check(token)), "ok");
  auto rotate = ann_.About<v1::RotateBackupCodesRequest>();
  EXPECT_EQ(Reason(Call(rotate)), "PROOF_REQUIRED");
  rotate.set_proof_code(token);
  EXPECT_EQ(Reason(Call(rotate)), "MALFORMED_CODE");
  EXPECT_EQ(Reason(Call(VerifyOf(ann_, token))), "MALFORMED_CODE") << "nor is it a code";
}

TEST_P(Grants, DescriptionsAreTextThatListsCanShow) {
  app_ = ann_.Enroll();
  v1::VerifyRequest request = Asking(Code(app_));
  request.mutable_remember()->set_description("two\nlines");
  EXPECT_EQ(Reason(Call(request)), "INVALID_REQUEST");
  request.mutable_remember()->set_description(std::string(101, 'a'));
  EXPECT_EQ(Reason(Call(request)), "INVALID_REQUEST");
  request.mutable_remember()->set_description(std::string(100, 'a'));
  EXPECT_EQ(Reason(Call(request)), "ok") << "the code was not used";
}

TEST_P(Grants, DamagedTimesAreAnError) {
  app_ = ann_.Enroll();
  const std::string token = Remembered();
  using Grant = internal::v1::Grant;
  for (void (Grant::*const set)(int64_t) :
       {&Grant::set_create_time, &Grant::set_expire_time, &Grant::set_last_used_time}) {
    const internal::v1::SubjectRecord whole = Record();
    Tamper(harness_.storage(), "ann",
           [&](auto& record) { (record.mutable_grants(0)->*set)(std::numeric_limits<int64_t>::max()); });
    EXPECT_EQ(Reason(Check(token)), "RECORD_CORRUPT");
    EXPECT_EQ(Reason(ann_.List()), "RECORD_CORRUPT");
    Tamper(harness_.storage(), "ann", [&](auto& record) { record = whole; });
  }
  EXPECT_EQ(Reason(Check(token)), "ok");
}

INSTANTIATE_TEST_SUITE_P(Storages, Grants, testing::Values("memory:", "sqlite:"), &Grants::NameOf);

// With the limits that servers have.
class GrantLimits : public Grants {
 protected:
  GrantLimits() { harness_.Restart(DefaultLimits()); }
};

TEST_P(GrantLimits, T49_AFloodOfGrantsIsBoundedAndKeepsNobodyOut) {
  app_ = ann_.Enroll();
  harness_.clock().Advance(200 * kMillisPerSecond);
  const std::string token = Remembered();
  const auto from = [&](const std::string& grant, const std::string& address) {
    auto request = ann_.About<v1::CheckGrantRequest>();
    request.set_grant(grant);
    request.set_client_address(address);
    return Reason(Call(request));
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(from("wrong", "203.0.113.7"), "GRANT_REJECTED");
  EXPECT_EQ(from("wrong", "203.0.113.7"), "RATE_LIMITED");
  EXPECT_EQ(from(token, "203.0.113.7"), "RATE_LIMITED");
  EXPECT_EQ(from(token, "198.51.100.7"), "ok");
  EXPECT_EQ(Reason(ann_.Verify(Code(app_))), "ok") << "codes have buckets of their own";
  ASSERT_EQ(Reason(Call(ann_.About<v1::UnlockSubjectRequest>())), "ok");
}

TEST_P(GrantLimits, T15_AreCheckedUnderALock) {
  app_ = ann_.Enroll();
  harness_.clock().Advance(200 * kMillisPerSecond);
  const std::string token = Remembered();
  harness_.clock().Advance(200 * kMillisPerSecond);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Reason(ann_.Verify(app_.WrongCode(harness_.clock().Now()))), "CODE_REJECTED");
  }
  harness_.clock().Advance(20 * kMillisPerSecond);
  EXPECT_EQ(Reason(ann_.Verify(app_.CodeAt(harness_.clock().Now()))), "LOCKED");
  EXPECT_EQ(Reason(Check(token)), "ok");
  EXPECT_EQ(Record().budget().consecutive_failures(), 5) << "it ends no lock";
}

INSTANTIATE_TEST_SUITE_P(Storages, GrantLimits, testing::Values("memory:", "sqlite:"), &Grants::NameOf);

}  // namespace
}  // namespace twofold
