// What a caller is told, and what it costs, when the storage fails or others are faster.

#include "tests/fakes/faulty_storage.h"
#include "tests/fakes/hooked_storage.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

class StorageFaults : public ThreatTest {
 protected:
  StorageFaults() : ThreatTest(PolicyUnderTest(), Around(storage_)) {}

  void SetUp() override {
    app_ = user_.Enroll();
    Rest();
  }

  // The write breaks off, and then the look at what became of it.
  void BreakOff(StorageFault write) {
    storage_->Script(StorageCall::kPut, write);
    storage_->Script(StorageCall::kGet, StorageFault::kNone);
    storage_->Script(StorageCall::kGet, StorageFault::kUnavailable);
  }

  static inline FaultyStorage* storage_ = nullptr;
  User user_{harness_, "ann"};
  App app_;
};
INSTANTIATE_TEST_SUITE_P(, StorageFaults, EverySetting(), SettingName);

TEST_P(StorageFaults, AnUnknownWriteThatWasDoneIsFoundByReadingAgain) {
  storage_->Script(StorageCall::kPut, StorageFault::kUnknownAndDone);
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "ok");
  storage_->Script(StorageCall::kPut, StorageFault::kUnknownAndDone);
  EXPECT_EQ(Reason(user_.Verify(app_.WrongCode(Now()))), "CODE_REJECTED");
  EXPECT_EQ(Failures(user_), 1);
}

TEST_P(StorageFaults, AnUnknownWriteThatWasLostIsUnavailableAndChangedNothing) {
  const std::string before = Record(user_).SerializeAsString();
  for (const std::string& code : {app_.CodeAt(Now()), app_.WrongCode(Now()), user_.backup_codes()[0]}) {
    storage_->Script(StorageCall::kPut, StorageFault::kUnknownAndLost);
    const auto answer = user_.Verify(code);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(Reason(answer), "STORAGE_UNAVAILABLE");
  }
  EXPECT_EQ(Record(user_).SerializeAsString(), before);
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "ok");
}

TEST_P(StorageFaults, AfterAnUnknownOutcomeTheSameRequestIdTells) {
  for (const StorageFault fault : {StorageFault::kUnknownAndDone, StorageFault::kUnknownAndLost}) {
    auto right = VerifyOf(user_, app_.CodeAt(Now()));
    right.set_request_id(NewRequestId());
    BreakOff(fault);
    EXPECT_EQ(Reason(harness_.Call(right)), "STORAGE_UNAVAILABLE");
    EXPECT_EQ(Reason(harness_.Call(right)), "ok");
    Rest();
    auto wrong = VerifyOf(user_, app_.WrongCode(Now()));
    wrong.set_request_id(NewRequestId());
    const int before = Failures(user_);
    BreakOff(fault);
    EXPECT_EQ(Reason(harness_.Call(wrong)), "STORAGE_UNAVAILABLE");
    EXPECT_EQ(Reason(harness_.Call(wrong)), "CODE_REJECTED");
    EXPECT_EQ(Failures(user_), before + 1) << "charged once";
    Rest();
  }
}

TEST_P(StorageFaults, AfterAnUnknownOutcomeTheSameRequestIdShowsTheBackupCodesOnceMore) {
  auto rotate = user_.About<v1::RotateBackupCodesRequest>();
  rotate.set_proof_code(app_.CodeAt(Now()));
  rotate.set_request_id(NewRequestId());
  BreakOff(StorageFault::kUnknownAndDone);
  EXPECT_EQ(Reason(harness_.Call(rotate)), "STORAGE_UNAVAILABLE");
  const auto rotated = harness_.Call(rotate);
  ASSERT_EQ(Reason(rotated), "ok");
  EXPECT_EQ(Reason(user_.Verify(rotated->backup_codes(7))), "ok");
}

TEST_P(StorageFaults, AWriteThatWasCertainlyNotDoneChargesAndSpendsNothing) {
  const std::string before = Record(user_).SerializeAsString();
  storage_->Script(StorageCall::kPut, StorageFault::kUnavailable, 2);
  EXPECT_EQ(Reason(user_.Verify(app_.WrongCode(Now()))), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Record(user_).SerializeAsString(), before);
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "ok");
}

TEST_P(StorageFaults, T17_NoAnswerLeavesBeforeItsWriteIsAcknowledged) {
  storage_->Script(StorageCall::kPut, StorageFault::kUnavailable, 4);
  auto enroll = user_.About<v1::EnrollRequest>();
  enroll.set_proof_code(app_.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(enroll)), "STORAGE_UNAVAILABLE");
  auto rotate = user_.About<v1::RotateBackupCodesRequest>();
  rotate.set_proof_code(app_.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(rotate)), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Reason(harness_.Call(User(harness_, "bob").About<v1::EnrollRequest>())), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Reason(harness_.Call(user_.About<v1::UnlockSubjectRequest>())), "STORAGE_UNAVAILABLE");
}

TEST_P(StorageFaults, WithoutTheLeaseOnTheStoreNothingIsReadChargedOrSpent) {
  const std::string before = Record(user_).SerializeAsString();
  harness_.lease().End();
  for (const std::string& code : {app_.CodeAt(Now()), app_.WrongCode(Now()), user_.backup_codes()[0]}) {
    EXPECT_EQ(Reason(user_.Verify(code)), "STORAGE_UNAVAILABLE");
  }
  EXPECT_EQ(Reason(harness_.Call(user_.About<v1::ListMethodsRequest>())), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Reason(harness_.Call(user_.About<v1::UnlockSubjectRequest>())), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Record(user_).SerializeAsString(), before);
  harness_.lease().Renew(std::chrono::steady_clock::now());
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "ok");
}

TEST_P(StorageFaults, ALostRaceIsDecidedAnewAndPassesTheLimiterOnce) {
  Limits limits = PolicyUnderTest();
  limits.login_limit.attempts = 1;
  harness_.Restart(limits);
  storage_->Script(StorageCall::kPut, StorageFault::kConflict, 15);
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "ok");
}

TEST_P(StorageFaults, ARaceThatIsLostTooOftenIsAConflictAndChargesNothing) {
  const std::string before = Record(user_).SerializeAsString();
  for (const std::string& code : {app_.WrongCode(Now()), app_.CodeAt(Now())}) {
    storage_->Script(StorageCall::kPut, StorageFault::kConflict, 16);
    const auto answer = user_.Verify(code);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kAborted);
    EXPECT_EQ(Reason(answer), "CONFLICT");
  }
  EXPECT_EQ(Record(user_).SerializeAsString(), before);
  EXPECT_EQ(Reason(user_.Verify(app_.CodeAt(Now()))), "ok");
}

TEST_P(StorageFaults, AnUnknownDeletionThatWasDoneIsFoundByReadingAgain) {
  auto remove = user_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(app_.method_id());
  remove.set_proof_code(app_.CodeAt(Now()));
  storage_->Script(StorageCall::kDelete, StorageFault::kUnknownAndLost);
  EXPECT_EQ(Reason(harness_.Call(remove)), "STORAGE_UNAVAILABLE");
  EXPECT_TRUE(user_.List()->second_factor_required());
  storage_->Script(StorageCall::kDelete, StorageFault::kUnknownAndDone);
  EXPECT_EQ(Reason(harness_.Call(remove)), "ok");
  EXPECT_FALSE(Stored(harness_.storage(), "ann").has_value());
}

// The same without a fake between, where a storage may count attempts itself.
class Lease : public ThreatTest {};
INSTANTIATE_TEST_SUITE_P(, Lease, EverySetting(), SettingName);

TEST_P(Lease, NothingIsReadChargedOrSpentWithoutIt) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string before = Record(user).SerializeAsString();
  harness_.lease().End();
  for (const std::string& code : {app.CodeAt(Now()), app.WrongCode(Now())}) {
    EXPECT_EQ(Reason(user.Verify(code)), "STORAGE_UNAVAILABLE");
  }
  // Where there is nothing to write, either.
  EXPECT_EQ(Reason(User(harness_, "nobody").Verify("123456")), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Record(user).SerializeAsString(), before);
  harness_.lease().Renew(std::chrono::steady_clock::now());
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
}

class Slipped : public ThreatTest {
 protected:
  Slipped() : ThreatTest(PolicyUnderTest(), Around(storage_)) {}

  // Does it once, between the first call's read and write.
  void SlipIn(std::function<void()> other) {
    storage_->after_get = [other = std::move(other), done = false](const std::string&) mutable {
      if (!std::exchange(done, true)) other();
    };
  }

  static inline HookedStorage* storage_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(, Slipped, EverySetting(), SettingName);

TEST_P(Slipped, ALoginThatSlippedInBetweenReadAndWriteWins) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string code = app.CodeAt(Now());
  std::string other;
  SlipIn([&] { other = Reason(user.Verify(code)); });
  EXPECT_TRUE(Refused(user.Verify(code)));
  EXPECT_EQ(other, "ok");
}

// The store is moved away while a decision is on its way, for as long as that takes.
TEST_P(Slipped, ALeaseThatEndsBetweenReadAndWriteWritesNothing) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const Version before = Stored(harness_.storage(), "ann")->version;
  storage_->after_get = [this](const std::string&) { harness_.lease().End(); };
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "STORAGE_UNAVAILABLE");
  storage_->after_get = nullptr;
  EXPECT_EQ(Stored(harness_.storage(), "ann")->version, before);
}

// So does a write, if it is acknowledged at all: by then the target may have answered the same code.
TEST_P(Slipped, L7_AWriteThatOutlivesTheLeaseIsNotAnsweredAsDone) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  storage_->after_put = [this](const std::string&) { harness_.lease().End(); };
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "STORAGE_UNAVAILABLE");
}

TEST_P(Slipped, ALeaseThatEndsWhileReadingAnswersNothing) {
  User user(harness_, "ann");
  user.Enroll();
  storage_->after_get = [this](const std::string&) { harness_.lease().End(); };
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::ListMethodsRequest>())), "STORAGE_UNAVAILABLE");
}

TEST_P(Slipped, AResetThatSlippedInIsNotUndone) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  SlipIn([&] { EXPECT_EQ(Reason(harness_.Call(user.About<v1::ResetSubjectRequest>())), "ok"); });
  EXPECT_TRUE(Refused(user.Verify(app.CodeAt(Now()))));
  EXPECT_FALSE(Stored(harness_.storage(), "ann").has_value());
}

TEST_P(Slipped, ARecordThatWasDeletedAndMadeAnewIsNotTakenForTheOldOne) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  App fresh;
  SlipIn([&] {
    EXPECT_EQ(Reason(harness_.Call(user.About<v1::ResetSubjectRequest>())), "ok");
    fresh = user.Enroll();
  });
  EXPECT_TRUE(Refused(user.Verify(app.CodeAt(Now()))));
  EXPECT_EQ(DeviceAt(Record(user), 0).method_id(), fresh.method_id());
}

class Deletion : public ThreatTest {
 protected:
  bool Exists(const std::string& user) { return Stored(harness_.storage(), user).has_value(); }
};
INSTANTIATE_TEST_SUITE_P(, Deletion, EverySetting(), SettingName);

TEST_P(Deletion, L8_GuessingAtUnknownUsersStoresNothing) {
  User nobody(harness_, "nobody");
  EXPECT_EQ(Reason(nobody.Verify("123456")), "CODE_REJECTED");
  EXPECT_EQ(Reason(nobody.Verify("2345-6789-ABCD-EFGH")), "CODE_REJECTED");
  EXPECT_EQ(Reason(nobody.List()), "ok");
  auto confirm = nobody.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id("nosuchmethod");
  confirm.set_code("123456");
  confirm.set_request_id(NewRequestId());
  EXPECT_EQ(Reason(harness_.Call(confirm)), "METHOD_NOT_FOUND");
  for (auto request_id : {std::string(), NewRequestId()}) {
    auto unlock = nobody.About<v1::UnlockSubjectRequest>();
    unlock.set_request_id(request_id);
    EXPECT_EQ(Reason(harness_.Call(unlock)), "ok");
    auto reset = nobody.About<v1::ResetSubjectRequest>();
    reset.set_request_id(request_id);
    EXPECT_EQ(Reason(harness_.Call(reset)), "ok");
  }
  EXPECT_FALSE(Exists("nobody"));
}

TEST_P(Deletion, ARecordGoesWithTheLastDeviceOnlyWhenNothingIsOwed) {
  for (const bool owes : {false, true}) {
    User user(harness_, owes ? "debtor" : "ann");
    const App app = user.Enroll();
    if (owes) {
      ASSERT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED");
    }
    auto remove = user.About<v1::DeleteMethodRequest>();
    remove.set_method_id(app.method_id());
    remove.set_proof_code(app.CodeAt(Now()));
    ASSERT_EQ(Reason(harness_.Call(remove)), "ok");
    EXPECT_EQ(Exists(user.user_id()), owes);
  }
}

TEST_P(Deletion, AResetRemovesTheRecordOrLeavesTheRequestIdAlone) {
  for (const bool with_id : {false, true}) {
    User user(harness_, with_id ? "bob" : "ann");
    const App app = user.Enroll();
    ASSERT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED");
    auto reset = user.About<v1::ResetSubjectRequest>();
    if (with_id) reset.set_request_id(NewRequestId());
    ASSERT_EQ(Reason(harness_.Call(reset)), "ok");
    EXPECT_EQ(Exists(user.user_id()), with_id);
    EXPECT_FALSE(user.List()->second_factor_required());
    if (!with_id) continue;
    EXPECT_EQ(CountDevices(Record(user)), 0);
    EXPECT_EQ(FindBackupCodes(Record(user)), nullptr);
    EXPECT_EQ(Record(user).past_requests_size(), 1);
  }
}

TEST_P(Deletion, AnExpiredEnrolmentLeavesWithTheNextChange) {
  User user(harness_, "ann");
  ASSERT_EQ(Reason(harness_.Call(user.About<v1::EnrollRequest>())), "ok");
  AdvanceSeconds(600);
  EXPECT_EQ(user.List()->methods_size(), 0);
  EXPECT_TRUE(Exists("ann"));
  ASSERT_EQ(Reason(harness_.Call(user.About<v1::UnlockSubjectRequest>())), "ok");
  EXPECT_FALSE(Exists("ann"));
}

}  // namespace
}  // namespace twofold
