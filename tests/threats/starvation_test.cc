// Noise keeps the owner out no more than it lets a stranger in: not through the limits that were meant
// against strangers, and not by calls that write without a code.

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/subject_turns.h"
#include "server/store/abandoned.h"
#include "server/store/sweeper.h"
#include "tests/fakes/forwarding_storage.h"
#include "tests/fakes/hooked_storage.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

// Calls until the rate limiter refuses.
void Exhaust(const std::function<std::string()>& call) {
  for (int i = 0; i < 1000; ++i) {
    if (call() == "RATE_LIMITED") return;
  }
  FAIL() << "not limited";
}

constexpr char kWrongBackupCode[] = "2345-6789-ABCD-EFGH";

class Noise : public testing::TestWithParam<Setting> {
 protected:
  UnixMillis Now() { return harness_.clock().Now(); }
  // Under the lock that no time ends: whoever is kept from the ways out is kept out.
  void LockForGood(const User& user) {
    Tamper(harness_.storage(), user.user_id(), [](internal::v1::SubjectRecord& record) {
      record.mutable_budget()->set_consecutive_failures(100);
    });
  }
  std::string Try(v1::VerifyRequest request, const std::string& address) {
    request.set_client_address(address);
    return Reason(harness_.Call(request));
  }
  // The owner has 10 backup codes, and tries one every so often under `rate` wrong ones a second.
  void ExpectBackupCodesWorkUnder(int rate, const std::function<std::string(int)>& address,
                                  const std::string& owners_address) {
    constexpr int kSeconds = 130;
    User user(harness_, "ann");
    user.Enroll();
    int wrong = 0;
    size_t used = 0;
    for (int second = 0; second < kSeconds; ++second) {
      for (int i = 0; i < rate; ++i) Try(VerifyOf(user, kWrongBackupCode), address(wrong++));
      if (second % 13 == 12) {
        LockForGood(user);
        EXPECT_EQ(Try(VerifyOf(user, user.backup_codes()[used++]), owners_address), "ok") << second;
      }
      harness_.clock().Advance(1000);
    }
  }

  EngineHarness harness_{GetParam().storage, DefaultLimits()};
};
INSTANTIATE_TEST_SUITE_P(, Noise, EveryStorage(), SettingName);

TEST_P(Noise, T44_FortyWrongBackupCodesASecondFromManyNetworksLeaveTheOwnersOnesWorking) {
  // A /48 each.
  ExpectBackupCodesWorkUnder(
      40, [](int i) { return absl::StrFormat("2001:db8:%x::1", i % 60'000); }, "203.0.113.1");
}

TEST_P(Noise, T44_NorDoTenASecondWhereNoAddressIsPassed) {
  ExpectBackupCodesWorkUnder(
      10, [](int) { return ""; }, "");
}

TEST_P(Noise, T44_OneCustomerOfAProviderClosesNoWayOut) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  LockForGood(user);
  int judged = 0;
  int judged_resyncs = 0;
  for (int i = 0; i < 200; ++i) {
    // From many /64s of one /48.
    const std::string address = absl::StrFormat("2001:db8:0:%x::1", i);
    judged += Try(VerifyOf(user, kWrongBackupCode), address) == "CODE_REJECTED" ? 1 : 0;
    auto resync = ResyncOf(user, app, app.WrongCode(Now()), app.WrongCode(Now()));
    resync.set_client_address(address);
    judged_resyncs += Reason(harness_.Call(resync)) == "CODE_REJECTED" ? 1 : 0;
  }
  EXPECT_EQ(judged, 20);
  EXPECT_EQ(judged_resyncs, 10);
  auto resync = ResyncOf(user, app, app.CodeAt(Now(), -1), app.CodeAt(Now()));
  resync.set_client_address("203.0.113.1");
  EXPECT_EQ(Reason(harness_.Call(resync)), "ok");
  LockForGood(user);
  EXPECT_EQ(Try(VerifyOf(user, user.backup_codes()[0]), "203.0.113.1"), "ok");
}

TEST_P(Noise, T44_NeitherWayOutClosesTheOther) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  LockForGood(user);
  const auto wrong = ResyncOf(user, app, app.WrongCode(Now()), app.WrongCode(Now()));
  Exhaust([&] { return Reason(harness_.Call(wrong)); });
  EXPECT_EQ(Try(VerifyOf(user, user.backup_codes()[0]), ""), "ok");

  User other(harness_, "bob");
  const App others_app = other.Enroll();
  LockForGood(other);
  Exhaust([&] { return Try(VerifyOf(other, kWrongBackupCode), "192.0.2.1"); });
  auto right = ResyncOf(other, others_app, others_app.CodeAt(Now(), -1), others_app.CodeAt(Now()));
  right.set_client_address("192.0.2.1");
  EXPECT_EQ(Reason(harness_.Call(right)), "ok");
}

TEST_P(Noise, T19_WhoeverIsRefusedCostsTheOthersBehindTheSameAddressNothing) {
  User user(harness_, "ann");
  User other(harness_, "bob");
  const App app = user.Enroll();
  const App others_app = other.Enroll();
  for (const std::string address : {"192.0.2.1", "2001:db8::1"}) {
    harness_.clock().Advance(200'000);
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
      refused += Try(VerifyOf(user, app.WrongCode(Now())), address) == "RATE_LIMITED" ? 1 : 0;
    }
    EXPECT_EQ(refused, 295);
    EXPECT_EQ(Try(VerifyOf(other, others_app.CodeAt(Now())), address), "ok");
  }
}

TEST_P(Noise, T19_IPv6IsCountedByItsProvidersCustomerToo) {
  int judged = 0;
  for (int i = 0; i < 600; ++i) {
    User nobody(harness_, absl::StrCat("nobody", i));
    const std::string address = absl::StrFormat("2001:db8:1:%x::1", i);
    judged += Try(VerifyOf(nobody, "123456"), address) == "CODE_REJECTED" ? 1 : 0;
  }
  EXPECT_EQ(judged, 200);
}

// Calls about `user` that may write although they carry no code.
std::vector<std::function<std::string(EngineHarness&)>> CallsWithoutACode(const User& user, const App& app,
                                                                          const std::string& address) {
  const auto called = [address](EngineHarness& harness, auto request) {
    request.set_client_address(address);
    return Reason(harness.Call(request));
  };
  auto enroll = user.About<v1::EnrollRequest>();
  auto rename = user.About<v1::UpdateMethodRequest>();
  rename.set_method_id(app.method_id());
  rename.set_description("noise");
  rename.mutable_update_mask()->add_paths("description");
  auto remove = user.About<v1::DeleteMethodRequest>();
  remove.set_method_id(app.method_id());
  auto rotate = user.About<v1::RotateBackupCodesRequest>();
  auto drop = user.About<v1::DeleteBackupCodesRequest>();
  return {[=](EngineHarness& harness) { return called(harness, enroll); },
          [=](EngineHarness& harness) { return called(harness, rename); },
          [=](EngineHarness& harness) { return called(harness, remove); },
          [=](EngineHarness& harness) { return called(harness, rotate); },
          [=](EngineHarness& harness) { return called(harness, drop); }};
}

TEST_P(Noise, T45_CallsThatWriteWithoutACodeAreMetered) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.clock().Advance(200'000);
  for (const auto& call : CallsWithoutACode(user, app, "")) {
    int let_in = 0;
    for (int i = 0; i < 100; ++i) let_in += call(harness_) == "RATE_LIMITED" ? 0 : 1;
    EXPECT_EQ(let_in, 20);
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
    harness_.clock().Advance(200'000);
  }
}

TEST_P(Noise, T45_AlsoOverAllUsersThatAnAddressNames) {
  User owner(harness_, "ann");
  const App app = owner.Enroll();
  harness_.clock().Advance(200'000);
  int let_in = 0;
  for (int i = 0; i < 300; ++i) {
    auto enroll = User(harness_, absl::StrCat("made-up", i)).About<v1::EnrollRequest>();
    enroll.set_client_address("192.0.2.1");
    let_in += Reason(harness_.Call(enroll)) == "ok" ? 1 : 0;
  }
  EXPECT_EQ(let_in, 100);
  EXPECT_EQ(Try(VerifyOf(owner, app.CodeAt(Now())), "192.0.2.1"), "ok");
}

TEST_P(Noise, T45_AnAdministratorIsNotMetered) {
  User user(harness_, "ann");
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(Reason(harness_.Call(user.About<v1::UnlockSubjectRequest>())), "ok");
    EXPECT_EQ(Reason(harness_.Call(user.About<v1::ResetSubjectRequest>())), "ok");
  }
}

TEST_P(Noise, T45_UnlockingEndsTheWaitForTheRateLimiter) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.clock().Advance(200'000);
  const std::string wrong = app.WrongCode(Now());
  const auto rename = CallsWithoutACode(user, app, "")[1];
  Exhaust([&] { return Reason(user.Verify(wrong)); });
  Exhaust([&] { return Reason(harness_.Call(ResyncOf(user, app, wrong, wrong))); });
  Exhaust([&] { return rename(harness_); });
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::UnlockSubjectRequest>())), "ok");
  EXPECT_EQ(rename(harness_), "ok");
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now(), -1))), "ok");
  EXPECT_EQ(Reason(harness_.Call(ResyncOf(user, app, app.CodeAt(Now()), app.CodeAt(Now(), 1)))), "ok");
}

TEST_P(Noise, T45_UnlockingSomebodyUnknownEndsTheirWaitToo) {
  User nobody(harness_, "nobody");
  Exhaust([&] { return Reason(nobody.Verify("123456")); });
  EXPECT_EQ(Reason(harness_.Call(nobody.About<v1::UnlockSubjectRequest>())), "ok");
  EXPECT_EQ(Reason(nobody.Verify("123456")), "CODE_REJECTED");
}

class Conflicts : public testing::TestWithParam<Setting> {
 protected:
  HookedStorage* storage_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(, Conflicts, EveryStorage(), SettingName);

TEST_P(Conflicts, T45_CallsOfOneSubjectQueueInsteadOfRacing) {
  Limits limits = OpenLimits();
  // One for a record that was read just before another call had written.
  limits.max_tries = 2;
  EngineHarness harness(GetParam().storage, limits);
  User user(harness, "ann");
  const App app = user.Enroll();
  std::vector<v1::UpdateMethodRequest> requests(SubjectTurns::kMaxWaiting);
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i] = user.About<v1::UpdateMethodRequest>();
    requests[i].set_method_id(app.method_id());
    requests[i].set_description(absl::StrCat("noise", i));
    requests[i].mutable_update_mask()->add_paths("description");
  }
  const std::vector<std::string> reasons = ReasonsOfAll(harness, requests);
  EXPECT_EQ(reasons, std::vector<std::string>(requests.size(), "ok"));
}

TEST_P(Conflicts, T45_AConflictGivesItsAttemptBack) {
  Limits limits = DefaultLimits();
  limits.login_limit.attempts = 1;
  limits.address_limit.attempts = 1;
  EngineHarness harness(GetParam().storage, limits, Around(storage_));
  User user(harness, "ann");
  const App app = user.Enroll();
  harness.clock().Advance(200'000);
  bool interfering = true;
  // Another process is faster, every time.
  storage_->before_put = [&](const std::string& key) {
    if (!interfering) return;
    interfering = false;
    Tamper(harness.storage(), "ann", [](internal::v1::SubjectRecord&) {});
    interfering = key == SubjectKey("", "ann");
  };
  auto login = VerifyOf(user, app.CodeAt(harness.clock().Now()));
  login.set_client_address("192.0.2.1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Reason(harness.Call(login)), "CONFLICT");
  interfering = false;
  EXPECT_EQ(Reason(harness.Call(login)), "ok");
  EXPECT_EQ(Reason(harness.Call(login)), "RATE_LIMITED");
}

// Renews the enrolment that is about to be removed, as its user might.
class RenewingStorage final : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  std::function<void(const std::string& key)> before_delete;
  // Whether the next operation of a sweep fails.
  std::function<bool()> fails;

  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override {
    if (fails && fails()) co_return absl::UnavailableError("the storage fails");
    auto page = co_await base().Scan(std::move(cursor), limit);
    co_return page;
  }
  Task<absl::Status> Delete(std::string key, Version expected) override {
    if (fails && fails()) co_return absl::UnavailableError("the storage fails");
    if (before_delete) before_delete(key);
    auto result = co_await base().Delete(key, expected);
    co_return result;
  }
};

class Sweeping : public testing::TestWithParam<Setting> {
 protected:
  static constexpr int kPage = 7;

  UnixMillis Now() { return harness_.clock().Now(); }
  void Advance(int64_t millis) { harness_.clock().Advance(millis); }
  // How many records were removed, or -1 where a page failed.
  int64_t Sweep() {
    int64_t removed = 0;
    std::string cursor;
    do {
      auto page =
          SweepPage(harness_.storage(), harness_.lease(), harness_.limits(), Now(), cursor, kPage, removed);
      const absl::StatusOr<std::string> next = SyncWait(std::move(page));
      if (!next.ok()) return -1;
      cursor = *next;
    } while (!cursor.empty());
    return removed;
  }
  bool IsStored(const std::string& user) { return Stored(harness_.storage(), user).has_value(); }
  void Begin(const std::string& user) {
    ASSERT_EQ(Reason(harness_.Call(User(harness_, user).About<v1::EnrollRequest>())), "ok");
  }

  RenewingStorage* storage_ = nullptr;
  EngineHarness harness_{GetParam().storage, DefaultLimits(), Around(storage_)};
};
INSTANTIATE_TEST_SUITE_P(, Sweeping, EveryStorage(), SettingName);

TEST_P(Sweeping, T45_MadeUpUsersDoNotFillTheStoreForGood) {
  for (int i = 0; i < 30; ++i) Begin(absl::StrCat("made-up", i));
  EXPECT_EQ(Sweep(), 0) << "not expired";
  Advance(harness_.limits().pending_ttl_ms + kSweepGraceMs - 1);
  EXPECT_EQ(Sweep(), 0) << "another server's clock may be behind";
  Advance(1);
  EXPECT_EQ(Sweep(), 30);
  EXPECT_FALSE(IsStored("made-up0"));
  EXPECT_EQ(Reason(User(harness_, "made-up0").List()), "ok") << "the store's marker is there";
}

TEST_P(Sweeping, T45_WhateverElseIsKnownOfAUserStays) {
  User owner(harness_, "owner");
  const App app = owner.Enroll();
  Begin("guessed");
  auto confirm = User(harness_, "guessed").About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(User(harness_, "guessed").List()->methods(0).method_id());
  confirm.set_code("000000");
  EXPECT_EQ(Reason(harness_.Call(confirm)), "CODE_REJECTED");
  Tamper(harness_.storage(), "guessed", [&](internal::v1::SubjectRecord& record) {
    record.mutable_budget()->set_long_term_full_time(Now() + 5 * kMillisPerDay);
  });
  Begin("newer");
  Tamper(harness_.storage(), "newer", [](internal::v1::SubjectRecord& record) { record.set_schema(1000); });
  Begin("garbage");
  const Version version = Stored(harness_.storage(), "garbage")->version;
  ASSERT_TRUE(SyncWait(harness_.storage().Put(SubjectKey("", "garbage"), "\x01", version, version + 1)).ok());
  Advance(kMillisPerDay);
  Begin("renewed");
  EXPECT_EQ(Sweep(), 0);
  for (const char* user : {"owner", "guessed", "newer", "garbage", "renewed"}) {
    EXPECT_TRUE(IsStored(user)) << user;
  }
  EXPECT_EQ(Reason(owner.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Sweeping, T45_AnEnrolmentThatIsRenewedAtThatMomentStays) {
  Begin("ann");
  Advance(2 * kSweepGraceMs);
  bool renewed = false;
  storage_->before_delete = [&](const std::string&) {
    if (!std::exchange(renewed, true)) Begin("ann");
  };
  EXPECT_EQ(Sweep(), 0);
  EXPECT_EQ(User(harness_, "ann").List()->methods_size(), 1);
}

TEST_P(Sweeping, T45_AnotherServersSweepAtThatMomentDoesNoHarm) {
  for (int i = 0; i < 20; ++i) Begin(absl::StrCat("made-up", i));
  Advance(2 * kSweepGraceMs);
  int64_t by_another = -1;
  bool sweeping = false;
  storage_->before_delete = [&](const std::string&) {
    if (std::exchange(sweeping, true)) return;
    by_another = Sweep();
  };
  EXPECT_EQ(Sweep(), 0);
  EXPECT_EQ(by_another, 20);
}

TEST_P(Sweeping, T45_WithoutTheLeaseNothingIsSwept) {
  Begin("ann");
  Advance(2 * kSweepGraceMs);
  harness_.lease().End();
  EXPECT_EQ(Sweep(), -1);
  EXPECT_TRUE(IsStored("ann"));
}

TEST_P(Sweeping, T45_AFailureOfTheStorageEndsNoPass) {
  for (int i = 0; i < 30; ++i) Begin(absl::StrCat("made-up", i));
  Advance(2 * kSweepGraceMs);
  // Each third operation.
  std::atomic<int> operations{0};
  storage_->fails = [&operations] { return ++operations % 3 == 0; };
  SweepPace pace;
  pace.before_first = absl::ZeroDuration();
  pace.page_records = kPage;
  pace.between_pages = pace.after_error = absl::ZeroDuration();
  std::atomic<int64_t> removed{0};
  {
    const Sweeper sweeper(harness_.storage(), harness_.lease(), harness_.limits(), harness_.clock(), pace,
                          removed);
    // A pass that ended at the first failure would remove two.
    while (removed < 15) std::this_thread::yield();
  }
  storage_->fails = nullptr;
  EXPECT_EQ(Sweep(), 30 - removed);
}

TEST_P(Sweeping, T45_AServerSweepsByItselfAndEndsAtOnce) {
  for (int i = 0; i < 20; ++i) Begin(absl::StrCat("made-up", i));
  Advance(2 * kSweepGraceMs);
  SweepPace pace;
  pace.before_first = absl::ZeroDuration();
  pace.page_records = kPage;
  pace.between_pages = absl::ZeroDuration();
  std::atomic<int64_t> removed{0};
  {
    const Sweeper sweeper(harness_.storage(), harness_.lease(), harness_.limits(), harness_.clock(), pace,
                          removed);
    while (removed < 20) std::this_thread::yield();
    // It rests for an hour now, or is about to.
  }
  EXPECT_FALSE(IsStored("made-up0"));
}

}  // namespace
}  // namespace twofold
