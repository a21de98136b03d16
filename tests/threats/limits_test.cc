// Nothing but their own rules opens the guards against guessing.

#include "absl/synchronization/notification.h"
#include "tests/fakes/faulty_storage.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

// The three locks, and how each comes about.
struct Lock {
  const char* name;
  void (*lock)(internal::v1::FailureBudget& budget, UnixMillis now);
};

constexpr Lock kLocks[] = {
    {"consecutive failures",
     [](internal::v1::FailureBudget& budget, UnixMillis now) {
       budget.set_consecutive_failures(8);
       budget.set_locked_until(now + 1'000'000);
     }},
    {"long-term budget",
     [](internal::v1::FailureBudget& budget, UnixMillis now) {
       budget.set_long_term_full_time(now + 21 * kMillisPerDay / 9);
     }},
    {"permanent lock",
     [](internal::v1::FailureBudget& budget, UnixMillis) { budget.set_consecutive_failures(100); }},
};

class WaysOut : public testing::TestWithParam<Setting> {
 protected:
  EngineHarness harness_{GetParam().storage, DefaultLimits()};
};
INSTANTIATE_TEST_SUITE_P(, WaysOut, EveryStorage(), SettingName);

TEST_P(WaysOut, T15_VerifyIsLimitedByDefault) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.clock().Advance(200'000);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(Reason(user.Verify(app.WrongCode(harness_.clock().Now()))), "CODE_REJECTED");
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(harness_.clock().Now()))), "RATE_LIMITED");
  harness_.clock().Advance(29'000);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(harness_.clock().Now()))), "LOCKED");
}

TEST_P(WaysOut, T15_TheOwnerLogsInUnderEveryLockWhileAnAttackerKeepsVerifyLimited) {
  for (const Lock& lock : kLocks) {
    for (const bool by_backup_code : {true, false}) {
      SCOPED_TRACE(testing::Message() << lock.name << (by_backup_code ? ", backup code" : ", two codes"));
      User user(harness_, std::string(lock.name) + (by_backup_code ? "1" : "2"));
      const App app = user.Enroll();
      const auto now = [&] { return harness_.clock().Now(); };
      Tamper(harness_.storage(), user.user_id(),
             [&](internal::v1::SubjectRecord& record) { lock.lock(*record.mutable_budget(), now()); });
      const int64_t slow = RecordOf(harness_.storage(), user.user_id()).budget().long_term_full_time();
      EXPECT_EQ(Reason(user.Verify(app.CodeAt(now()))), "LOCKED");
      while (Reason(user.Verify(app.WrongCode(now()))) == "LOCKED") continue;
      ASSERT_EQ(Reason(user.Verify(app.CodeAt(now()))), "RATE_LIMITED");

      if (by_backup_code) {
        EXPECT_EQ(Reason(user.Verify(user.backup_codes()[0])), "ok");
      } else {
        EXPECT_EQ(Reason(harness_.Call(ResyncOf(user, app, app.CodeAt(now(), -1), app.CodeAt(now())))), "ok");
      }
      const auto budget = RecordOf(harness_.storage(), user.user_id()).budget();
      EXPECT_EQ(budget.consecutive_failures(), 0);
      EXPECT_EQ(budget.locked_until(), 0);
      EXPECT_EQ(budget.long_term_full_time(), slow) << "a success does not clear the long-term budget";
      const bool still_locked = std::string(lock.name) == "long-term budget";
      harness_.clock().Advance(100'000);
      EXPECT_EQ(Reason(user.Verify(app.CodeAt(now()))), still_locked ? "LOCKED" : "ok");
    }
  }
}

TEST_P(WaysOut, T15_UnderALockTheirMissesAreFreeButTheyHaveBucketsOfTheirOwn) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const auto now = [&] { return harness_.clock().Now(); };
  Tamper(harness_.storage(), "ann", [&](internal::v1::SubjectRecord& record) {
    record.mutable_budget()->set_consecutive_failures(100);
  });
  const std::string before = RecordOf(harness_.storage(), "ann").SerializeAsString();
  const auto judged_from = [&](const User& of, const std::function<std::string(int)>& address) {
    std::pair<int, int> judged;
    for (int i = 0; i < 100; ++i) {
      auto resync = ResyncOf(of, app, app.WrongCode(now()), app.WrongCode(now()));
      resync.set_client_address(address(i));
      if (Reason(harness_.Call(resync)) == "CODE_REJECTED") ++judged.first;
      auto guess = VerifyOf(of, "2345-6789-ABCD-EFGH");
      guess.set_client_address(address(i));
      if (Reason(harness_.Call(guess)) == "CODE_REJECTED") ++judged.second;
    }
    return judged;
  };
  const auto from_many = judged_from(user, [](int i) { return "192.0.2." + std::to_string(i); });
  EXPECT_EQ(from_many.first, 20) << "of one subject";
  EXPECT_EQ(from_many.second, 100) << "backup codes, which cannot be guessed";
  EXPECT_EQ(RecordOf(harness_.storage(), "ann").SerializeAsString(), before);

  // Of somebody unknown: nothing is charged to them.
  const auto from_one = judged_from(User(harness_, "bob"), [](int) { return "198.51.100.1"; });
  EXPECT_EQ(from_one.first, 5) << "of one subject and address";
  EXPECT_EQ(from_one.second, 10);
}

TEST_P(WaysOut, T15_AnAdministratorEndsEveryLock) {
  for (const Lock& lock : kLocks) {
    User user(harness_, lock.name);
    const App app = user.Enroll();
    Tamper(harness_.storage(), lock.name, [&](internal::v1::SubjectRecord& record) {
      lock.lock(*record.mutable_budget(), harness_.clock().Now());
    });
    ASSERT_EQ(Reason(user.Verify(app.CodeAt(harness_.clock().Now()))), "LOCKED");
    const auto unlocked = harness_.Call(user.About<v1::UnlockSubjectRequest>());
    ASSERT_EQ(Reason(unlocked), "ok");
    EXPECT_TRUE(unlocked->was_locked());
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(harness_.clock().Now()))), "ok") << lock.name;
  }
}

class LocksAlone : public testing::TestWithParam<Setting> {
 protected:
  static Limits ConsecutiveFailuresAlone() {
    Limits limits = OpenLimits();
    limits.lock_after = DefaultLimits().lock_after;
    limits.permanent_lock_after = DefaultLimits().permanent_lock_after;
    return limits;
  }
  UnixMillis Now() const { return harness_.clock().Now(); }

  // A pending method, and the app that knows its secret.
  App Begin(const User& user, const std::string& proof = "") {
    auto request = user.About<v1::EnrollRequest>();
    request.set_proof_code(proof);
    const auto enrolled = harness_.Call(request);
    EXPECT_EQ(Reason(enrolled), "ok");
    return App(enrolled->method().method_id(), enrolled->otpauth_uri());
  }
  // Its confirmation by a wrong code.
  v1::ConfirmEnrollmentRequest Confirm(const User& user, const App& app) {
    auto request = user.About<v1::ConfirmEnrollmentRequest>();
    request.set_method_id(app.method_id());
    request.set_code(app.WrongCode(Now()));
    return request;
  }

  mutable EngineHarness harness_{GetParam().storage, ConsecutiveFailuresAlone()};
};
INSTANTIATE_TEST_SUITE_P(, LocksAlone, EveryStorage(), SettingName);

TEST_P(LocksAlone, T16_WithoutARateLimiterLocksHoldAndThePermanentLockComesAtAHundred) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  int verdicts = 0;
  int locks = 0;
  while (verdicts < 1000) {
    const auto answer = user.Verify(app.WrongCode(Now()));
    if (Reason(answer) == "CODE_REJECTED") {
      ++verdicts;
      continue;
    }
    ASSERT_EQ(Reason(answer), "LOCKED");
    const auto listed = user.List();
    if (listed->permanently_locked()) break;
    ++locks;
    harness_.clock().Set(listed->locked_until().seconds() * 1000 +
                         listed->locked_until().nanos() / 1'000'000);
  }
  EXPECT_EQ(verdicts, 100);
  // After the fifth and each further one.
  EXPECT_EQ(locks, 95);
  harness_.Restart();
  harness_.clock().Advance(3650 * kMillisPerDay);
  const auto right = user.Verify(app.CodeAt(Now()));
  EXPECT_EQ(Reason(right), "LOCKED");
  EXPECT_FALSE(right.status().GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  EXPECT_FALSE(user.List()->has_locked_until());
}

TEST_P(LocksAlone, T22_AfterALockOneMoreTryAndThenALongerLock) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  for (int i = 0; i < 5; ++i) ASSERT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED");
  for (const int64_t seconds : {30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600}) {
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "LOCKED");
    harness_.clock().Advance(seconds * 1000 - 1);
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "LOCKED") << seconds;
    harness_.clock().Advance(1);
    EXPECT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED") << seconds;
  }
}

TEST_P(LocksAlone, T22b_TheBudgetBelongsToTheSubjectWhateverTheNumberOfCallersAndServers) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  int verdicts = 0;
  for (int session = 0; session < 40; ++session) {
    CallFacts facts;
    facts.caller = "spiffe://caller/" + std::to_string(session);
    auto guess = VerifyOf(user, app.WrongCode(Now()));
    guess.set_client_address("192.0.2." + std::to_string(session));
    guess.set_request_id(NewRequestId());
    if (Reason(harness_.Call(facts, guess)) == "CODE_REJECTED") ++verdicts;
    if (session % 3 == 0) harness_.Restart();
  }
  EXPECT_EQ(verdicts, 5);
}

TEST_P(LocksAlone, T23_MethodsOfEveryKindShareOneTotal) {
  User user(harness_, "ann");
  const App totp = user.Enroll();
  const App hotp = EnrollAnother(user, v1::METHOD_TYPE_HOTP, totp.CodeAt(Now()));
  const std::string wrong = totp.WrongCode(Now());
  const int64_t before = RecordOf(harness_.storage(), "ann").budget().long_term_full_time();
  EXPECT_EQ(before, 0);
  EXPECT_EQ(Reason(user.Verify(wrong, totp.method_id())), "CODE_REJECTED");
  EXPECT_EQ(Reason(user.Verify(hotp.WrongCode(Now()), hotp.method_id())), "CODE_REJECTED");
  EXPECT_EQ(Reason(user.Verify("2345-6789-ABCD-EFGH")), "CODE_REJECTED");
  EXPECT_EQ(Reason(user.Verify(wrong, "backup")), "CODE_REJECTED");
  const auto budget = RecordOf(harness_.storage(), "ann").budget();
  EXPECT_EQ(budget.consecutive_failures(), 4);
  // Of the long-term budget a TOTP device takes one unit, a HOTP device four, a backup code and no device at
  // all one.
  const int64_t unit = kMillisPerDay / DefaultLimits().long_term_refill_per_day;
  EXPECT_EQ(budget.long_term_full_time(), Now() + (1 + 4 + 1 + 1) * unit);
  EXPECT_EQ(Reason(user.Verify(hotp.WrongCode(Now()), hotp.method_id())), "CODE_REJECTED");
  EXPECT_EQ(Reason(user.Verify(totp.CodeAt(Now()), totp.method_id())), "LOCKED");
}

TEST_P(LocksAlone, T21_NothingButASuccessResetsTheCount) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED");
  const auto failures = [&] { return RecordOf(harness_.storage(), "ann").budget().consecutive_failures(); };
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::EnrollRequest>())), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(user.List()), "ok");
  auto rename = user.About<v1::UpdateMethodRequest>();
  rename.set_method_id(app.method_id());
  rename.set_description("phone");
  rename.mutable_update_mask()->add_paths("description");
  EXPECT_EQ(Reason(harness_.Call(rename)), "ok");
  EXPECT_EQ(Reason(harness_.Call(User(harness_, "nobody").About<v1::DeleteBackupCodesRequest>())),
            "NO_DEVICE");
  harness_.Restart();
  EXPECT_EQ(failures(), 3);
}

TEST_P(LocksAlone, T21_NorHasAnEnrolmentCountsOfItsOwn) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  std::vector<v1::ConfirmEnrollmentRequest> wrong;
  for (int i = 0; i < 9; ++i) {
    wrong.push_back(Confirm(user, Begin(user, app.CodeAt(Now()))));
    harness_.clock().Advance(30'000);
  }
  int verdicts = 0;
  for (const auto& confirm : wrong) {
    if (Reason(harness_.Call(confirm)) == "CODE_REJECTED") ++verdicts;
  }
  EXPECT_EQ(verdicts, 5);
  EXPECT_EQ(Reason(harness_.Call(wrong.back())), "LOCKED");
}

TEST_P(LocksAlone, T21_NorDoesTheRightCodeOfAnEnrolment) {
  User user(harness_, "ann");
  const App first = user.Enroll();
  const App app = Begin(user, first.CodeAt(Now()));
  auto confirm = Confirm(user, app);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(Reason(harness_.Call(confirm)), "CODE_REJECTED");
  const auto before = RecordOf(harness_.storage(), "ann").budget();
  confirm.set_code(app.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(confirm)), "ok");
  EXPECT_EQ(RecordOf(harness_.storage(), "ann").budget().SerializeAsString(), before.SerializeAsString());
}

TEST_P(LocksAlone, T21_DeletingAndEnrollingAnewLeavesTheLongTermBudget) {
  User user(harness_, "ann");
  App app = user.Enroll();
  for (int i = 0; i < 4; ++i) ASSERT_EQ(Reason(user.Verify(app.WrongCode(Now()))), "CODE_REJECTED");
  const int64_t before = RecordOf(harness_.storage(), "ann").budget().long_term_full_time();
  ASSERT_GT(before, Now());
  auto remove = user.About<v1::DeleteMethodRequest>();
  remove.set_method_id(app.method_id());
  remove.set_proof_code(app.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(remove)), "ok");
  EXPECT_FALSE(user.List()->second_factor_required());
  app = user.Enroll();
  ASSERT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
  EXPECT_EQ(RecordOf(harness_.storage(), "ann").budget().long_term_full_time(), before);
}

TEST_P(LocksAlone, T14_BeforeTheFirstDeviceWrongCodesCostTheLimiterAlone) {
  User user(harness_, "ann");
  const App app = Begin(user);
  const std::string before = RecordOf(harness_.storage(), "ann").SerializeAsString();
  auto confirm = Confirm(user, app);
  const std::string wrong = confirm.code();
  for (int i = 0; i < 40; ++i) {
    confirm.set_request_id(NewRequestId());
    EXPECT_EQ(Reason(harness_.Call(confirm)), "CODE_REJECTED");
    EXPECT_EQ(Reason(user.Verify(wrong)), "CODE_REJECTED");
    EXPECT_EQ(Reason(user.Verify(wrong, app.method_id())), "CODE_REJECTED");
    EXPECT_EQ(Reason(user.Verify("2345-6789-ABCD-EFGH")), "CODE_REJECTED");
    EXPECT_EQ(Reason(harness_.Call(ResyncOf(user, app, wrong, wrong))), "CODE_REJECTED");
  }
  EXPECT_EQ(RecordOf(harness_.storage(), "ann").SerializeAsString(), before);
  confirm.set_request_id("");
  confirm.set_code(app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(confirm)), "ok");
  // From then on they cost what they always cost.
  EXPECT_EQ(Reason(user.Verify(wrong)), "CODE_REJECTED");
  EXPECT_EQ(RecordOf(harness_.storage(), "ann").budget().consecutive_failures(), 1);
}

TEST_P(LocksAlone, T14_ALockOfADeviceThatIsGoneDoesNotKeepItsOwnerFromEnrollingAnew) {
  User user(harness_, "ann");
  const App old = user.Enroll();
  auto remove = user.About<v1::DeleteMethodRequest>();
  remove.set_method_id(old.method_id());
  remove.set_proof_code(old.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(remove)), "ok");
  const App app = Begin(user);
  Tamper(harness_.storage(), "ann", [&](internal::v1::SubjectRecord& record) {
    record.mutable_budget()->set_consecutive_failures(100);
  });
  auto confirm = Confirm(user, app);
  EXPECT_EQ(Reason(harness_.Call(confirm)), "CODE_REJECTED");
  confirm.set_code(app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(confirm)), "ok");
  // A confirmation ends no lock.
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now(), 1))), "LOCKED");
}

TEST_P(WaysOut, T14_TheLimiterCountsConfirmationsBeforeTheFirstDeviceToo) {
  User user(harness_, "ann");
  const auto enrolled = harness_.Call(user.About<v1::EnrollRequest>());
  const App app(enrolled->method().method_id(), enrolled->otpauth_uri());
  auto confirm = user.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(app.method_id());
  confirm.set_code(app.WrongCode(harness_.clock().Now()));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Reason(harness_.Call(confirm)), "CODE_REJECTED");
  EXPECT_EQ(Reason(harness_.Call(confirm)), "RATE_LIMITED");
  harness_.clock().Advance(20'000);
  confirm.set_code(app.CodeAt(harness_.clock().Now()));
  EXPECT_EQ(Reason(harness_.Call(confirm)), "ok");
}

class Faults : public testing::TestWithParam<Setting> {
 protected:
  FaultyStorage* storage_ = nullptr;
  EngineHarness harness_{GetParam().storage, OpenLimits(), Around(storage_)};
};
INSTANTIATE_TEST_SUITE_P(, Faults, EveryStorage(), SettingName);

TEST_P(Faults, T17_AFailureThatWasRecordedOutlivesTheFailingRequest) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  for (int i = 1; i <= 3; ++i) {
    storage_->Script(StorageCall::kPut, StorageFault::kUnknownAndDone);
    storage_->Script(StorageCall::kGet, StorageFault::kNone);
    storage_->Script(StorageCall::kGet, StorageFault::kUnavailable);
    EXPECT_EQ(Reason(user.Verify(app.WrongCode(harness_.clock().Now()))), "STORAGE_UNAVAILABLE");
    harness_.Restart();
    EXPECT_EQ(RecordOf(harness_.storage(), "ann").budget().consecutive_failures(), i);
  }
}

TEST_P(Faults, T24_WithoutStorageNothingIsKnown) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  storage_->SetDown(true);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(harness_.clock().Now()))), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Reason(User(harness_, "nobody").Verify("123456")), "STORAGE_UNAVAILABLE");
  storage_->SetDown(false);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(harness_.clock().Now()))), "ok");
}

TEST_P(Faults, T24_AnEmptiedStoreIsNoUserWithoutSecondFactor) {
  User user(harness_, "ann");
  user.Enroll();
  for (const std::string& key : {SubjectKey("", "ann"), StoreMarkerKey()}) {
    const Version version = SyncWait(storage_->Get(key))->version;
    ASSERT_TRUE(SyncWait(storage_->Delete(key, version)).ok());
  }
  EXPECT_EQ(Reason(user.List()), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::EnrollRequest>())), "STORAGE_UNAVAILABLE");
}

class Addresses : public testing::TestWithParam<Setting> {
 protected:
  int Judged(EngineHarness& harness, const std::function<v1::VerifyRequest(int)>& guess, int guesses) {
    int judged = 0;
    for (int i = 0; i < guesses; ++i) {
      if (Reason(harness.Call(guess(i))) == "CODE_REJECTED") ++judged;
    }
    return judged;
  }
};
INSTANTIATE_TEST_SUITE_P(, Addresses, EveryStorage(), SettingName);

TEST_P(Addresses, T19_GuessesFromTenThousandAddressesStopAtTheUsersLimit) {
  Limits limits = OpenLimits();
  limits.login_limit = DefaultLimits().login_limit;
  EngineHarness harness(GetParam().storage, limits);
  User user(harness, "ann");
  const App app = user.Enroll();
  harness.clock().Advance(200'000);
  const std::string wrong = app.WrongCode(harness.clock().Now());
  const auto guess = [&](int i) {
    auto request = VerifyOf(user, wrong);
    request.set_client_address("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256));
    return request;
  };
  EXPECT_EQ(Judged(harness, guess, 10000), 5);
}

TEST_P(Addresses, T19_AnAddressIsCountedOverAllUsersHoweverItIsSpelled) {
  const std::vector<std::vector<std::string>> same = {
      // A /64 is one customer.
      {"2001:db8:1:2::1", "2001:db8:1:2:ffff::", "2001:0DB8:0001:0002:0000:0000:0000:00ff"},
      {"192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207"},
  };
  for (const std::vector<std::string>& spellings : same) {
    Limits limits = OpenLimits();
    limits.address_limit = DefaultLimits().address_limit;
    EngineHarness harness(GetParam().storage, limits);
    const auto guess = [&](int i) {
      auto request = VerifyOf(User(harness, "user" + std::to_string(i)), "123456");
      request.set_client_address(spellings[static_cast<size_t>(i) % spellings.size()]);
      return request;
    };
    EXPECT_EQ(Judged(harness, guess, 300), 100) << spellings[0];
  }
}

TEST_P(Addresses, T19_WhatIsNoAddressIsRefused) {
  EngineHarness harness(GetParam().storage, OpenLimits());
  for (const std::string& address :
       {std::string("localhost"), std::string("1.2.3"), std::string("1.2.3.4.5"), std::string("01.2.3.4"),
        std::string("1.2.3.4 "), std::string("fe80::1%eth0"), std::string("[::1]"), std::string("1.2.3.4:80"),
        std::string("192.0.2.1\0x", 11), std::string("2001:db8::1\0", 12)}) {
    auto request = VerifyOf(User(harness, "ann"), "123456");
    request.set_client_address(address);
    EXPECT_EQ(Reason(harness.Call(request)), "INVALID_REQUEST") << address;
  }
}

TEST(Pictures, L10_ThoseThatWaitHoldUpNoHashAndAreRefusedBeforeAnythingIsStored) {
  EngineHarness harness("memory:");
  absl::Notification drawing;
  absl::Notification drawn;
  std::thread first([&] {
    const auto draw = [&] {
      drawing.Notify();
      drawn.WaitForNotification();
      return true;
    };
    EXPECT_TRUE(SyncWait(harness.pictures().Run<bool>(draw)).ok());
  });
  drawing.WaitForNotification();
  std::thread second([&] { EXPECT_TRUE(SyncWait(harness.pictures().Run<bool>([] { return true; })).ok()); });
  while (!harness.pictures().IsFull()) std::this_thread::yield();

  User ann(harness, "ann");
  ann.Enroll();
  ASSERT_EQ(ann.backup_codes().size(), 10U);
  EXPECT_EQ(Reason(ann.Verify(ann.backup_codes()[0])), "ok");
  User bob(harness, "bob");
  auto enroll = bob.About<v1::EnrollRequest>();
  enroll.set_qr_format(v1::QR_FORMAT_PNG);
  EXPECT_EQ(Reason(harness.Call(enroll)), "OVERLOADED");
  EXPECT_EQ(bob.List()->methods_size(), 0);

  drawn.Notify();
  first.join();
  second.join();
  EXPECT_FALSE(harness.Call(enroll)->qr_png().empty());
}

}  // namespace
}  // namespace twofold
