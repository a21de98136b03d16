// Calls at the same time on one subject.

#include <algorithm>
#include <set>

#include "tests/fakes/delayed_storage.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

constexpr int kParallel = 64;

class Races : public ThreatTest {
 protected:
  // A commit of SQLite is a write to the disk, so that fewer rounds must do there. With the defaults the
  // limiter leaves five calls of each round.
  static int Rounds() { return IsMemory() ? 200 : 12; }

  // How many of `kParallel` calls with this code, each with its own request id, are accepted.
  int64_t AcceptedOfMany(const User& user, const std::string& code) {
    std::vector<v1::VerifyRequest> requests;
    for (int i = 0; i < kParallel; ++i) {
      requests.push_back(VerifyOf(user, code));
      requests.back().set_request_id(NewRequestId());
    }
    const std::vector<std::string> reasons = ReasonsOfAll(harness_, requests);
    return std::count(reasons.begin(), reasons.end(), "ok");
  }
};
INSTANTIATE_TEST_SUITE_P(, Races, EverySetting(), SettingName);

TEST_P(Races, T10_OneBackupCodeLogsInOnce) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  std::vector<std::string> codes = user.backup_codes();
  for (int round = 0; round < Rounds(); ++round) {
    Pardon(user);
    if (codes.empty()) {
      auto rotate = user.About<v1::RotateBackupCodesRequest>();
      rotate.set_count(20);
      rotate.set_proof_code(app.CodeAt(Now()));
      const auto rotated = harness_.Call(rotate);
      ASSERT_EQ(Reason(rotated), "ok");
      codes.assign(rotated->backup_codes().begin(), rotated->backup_codes().end());
      Rest();
    }
    ASSERT_EQ(AcceptedOfMany(user, codes.back()), 1) << "round " << round;
    codes.pop_back();
  }
}

TEST_P(Races, T10_TwoBackupCodesAtOnceAreBothSpent) {
  User user(harness_, "ann");
  user.Enroll();
  const std::vector<std::string>& codes = user.backup_codes();
  for (size_t i = 0; i + 1 < codes.size(); i += 2) {
    Pardon(user);
    const std::vector<v1::VerifyRequest> both = {VerifyOf(user, codes[i]), VerifyOf(user, codes[i + 1])};
    ASSERT_EQ(ReasonsOfAll(harness_, both, 2), (std::vector<std::string>{"ok", "ok"}));
    EXPECT_TRUE(Refused(user.Verify(codes[i])));
    EXPECT_TRUE(Refused(user.Verify(codes[i + 1])));
  }
}

TEST_P(Races, T11_OneTimeBasedCodeLogsInOnce) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  for (int round = 0; round < Rounds(); ++round) {
    Pardon(user);
    ASSERT_EQ(AcceptedOfMany(user, app.CodeAt(Now())), 1) << "round " << round;
  }
}

TEST_P(Races, T11_OneCounterBasedCodeLogsInOnce) {
  User user(harness_, "ann");
  v1::EnrollRequest request;
  request.set_type(v1::METHOD_TYPE_HOTP);
  App app = user.Enroll(request);
  for (int round = 0; round < Rounds(); ++round) {
    Pardon(user);
    ASSERT_EQ(AcceptedOfMany(user, app.NextCode()), 1) << "round " << round;
  }
}

TEST_P(Races, T13_AConfirmationHasOneWinner) {
  for (int round = 0; round < Rounds() / 4; ++round) {
    User user(harness_, "ann" + std::to_string(round));
    const auto enrolled = harness_.Call(user.About<v1::EnrollRequest>());
    ASSERT_EQ(Reason(enrolled), "ok");
    const App app(enrolled->method().method_id(), enrolled->otpauth_uri());
    auto confirm = user.About<v1::ConfirmEnrollmentRequest>();
    confirm.set_method_id(app.method_id());
    confirm.set_code(app.CodeAt(Now()));
    const std::vector<std::string> reasons =
        ReasonsOfAll(harness_, std::vector<v1::ConfirmEnrollmentRequest>(16, confirm));
    EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "ok"), 1);
  }
}

TEST_P(Races, T13_OfTwoRotationsOneSetWorks) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  for (int round = 0; round < 20; ++round) {
    Pardon(user);
    std::vector<std::string> sets[2];
    std::thread rotations[2];
    for (int i = 0; i < 2; ++i) {
      rotations[i] = std::thread([&, i] {
        auto rotate = user.About<v1::RotateBackupCodesRequest>();
        rotate.set_count(5);
        rotate.set_proof_code(app.CodeAt(Now(), i));
        const auto rotated = harness_.Call(rotate);
        if (rotated.ok()) sets[i].assign(rotated->backup_codes().begin(), rotated->backup_codes().end());
      });
    }
    for (std::thread& rotation : rotations) rotation.join();
    Pardon(user);
    int working = 0;
    for (const std::vector<std::string>& set : sets) {
      if (!set.empty() && user.Verify(set[2]).ok()) ++working;
    }
    EXPECT_EQ(working, 1);
    EXPECT_EQ(BackupCodesOf(Record(user)).backup_codes().total(), 5);
  }
}

TEST_P(Races, T13_ARotationAndALoginHappenOneAfterTheOther) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  std::vector<std::string> codes = user.backup_codes();
  int logins = 0;
  for (int round = 0; round < 20; ++round) {
    Pardon(user);
    bool logged_in = false;
    std::thread login([&] { logged_in = user.Verify(codes[0]).ok(); });
    auto rotate = user.About<v1::RotateBackupCodesRequest>();
    rotate.set_proof_code(app.CodeAt(Now()));
    const auto rotated = harness_.Call(rotate);
    login.join();
    ASSERT_EQ(Reason(rotated), "ok");
    // Nine codes died exactly when the login came first.
    EXPECT_EQ(rotated->replaced_count(), logged_in ? 9 : 10);
    codes.assign(rotated->backup_codes().begin(), rotated->backup_codes().end());
    EXPECT_EQ(BackupCodesOf(Record(user)).backup_codes().unused(), 0x3ffU);
    logins += logged_in ? 1 : 0;
  }
  std::printf("%d of 20 logins came first\n", logins);
}

TEST_P(Races, T13_AnEnrolmentIsReplacedWholeOrNotAtAll) {
  User user(harness_, "ann");
  for (int round = 0; round < 20; ++round) {
    Rest();
    const std::vector<std::string> reasons =
        ReasonsOfAll(harness_, std::vector<v1::EnrollRequest>(8, user.About<v1::EnrollRequest>()));
    EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "ok"), 8);
    EXPECT_EQ(CountDevices(Record(user)), 1);
  }
}

// One guard at a time, each with a budget of five.
struct FiveTries {
  const char* name;
  Limits limits;
};

std::vector<FiveTries> EachGuard() {
  FiveTries limiter{"limiter", OpenLimits()};
  limiter.limits.login_limit.attempts = 5;
  FiveTries locks{"locks", OpenLimits()};
  locks.limits.lock_after = 5;
  FiveTries slow{"long_term_budget", OpenLimits()};
  slow.limits.long_term_budget = 5;
  FiveTries hard{"permanent_lock_after", OpenLimits()};
  hard.limits.permanent_lock_after = 5;
  return {limiter, locks, slow, hard, FiveTries{"defaults", DefaultLimits()}};
}

class Guesses : public testing::TestWithParam<Setting> {};
INSTANTIATE_TEST_SUITE_P(, Guesses, EveryStorage(), SettingName);

void ExpectFiveVerdictsOf500(const FiveTries& guard, EngineHarness::Wrapper wrap) {
  EngineHarness harness(ThreatTest::GetParam().storage, guard.limits, std::move(wrap));
  User user(harness, "ann");
  const App app = user.Enroll();
  harness.clock().Advance(1000 * kMillisPerSecond);
  std::vector<v1::VerifyRequest> requests;
  for (int i = 0; i < 500; ++i) {
    requests.push_back(VerifyOf(user, app.WrongCode(harness.clock().Now())));
    requests.back().set_request_id(NewRequestId());
  }
  const std::vector<std::string> reasons = ReasonsOfAll(harness, requests);
  const int64_t verdicts = std::count(reasons.begin(), reasons.end(), "CODE_REJECTED");
  EXPECT_LE(verdicts, 5) << guard.name;
  EXPECT_GE(verdicts, 1) << guard.name;
  EXPECT_EQ(RecordOf(harness.storage(), "ann").budget().consecutive_failures(), verdicts) << guard.name;
}

TEST_P(Guesses, T12_ParallelGuessesDoNotPassBeforeFailuresCount) {
  for (const FiveTries& guard : EachGuard()) ExpectFiveVerdictsOf500(guard, nullptr);
}

TEST_P(Guesses, T12_NorWhenTheStorageIsSlow) {
  DelayedStorage* slow = nullptr;
  for (const FiveTries& guard : EachGuard())
    ExpectFiveVerdictsOf500(guard, Around(slow, absl::Milliseconds(50)));
}

}  // namespace
}  // namespace twofold
