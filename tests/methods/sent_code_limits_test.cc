// What an attacker can have sent, and can guess.

#include <algorithm>
#include <string>
#include <vector>

#include "tests/methods/sent_code_fixture.h"

namespace twofold {
namespace {

// With the defaults.
class SendLimits : public SentCodes {
 protected:
  SendLimits() : SentCodes(WithSendLimits()) {}

  // The guards against guessing stay open.
  static Limits WithSendLimits() {
    Limits limits = OpenLimits();
    const Limits defaults;
    limits.send_pause = defaults.send_pause;
    limits.sends_hourly = defaults.sends_hourly;
    limits.sends_daily = defaults.sends_daily;
    limits.destination_sends = defaults.destination_sends;
    limits.network_sends = defaults.network_sends;
    limits.prefix_sends = {30, absl::Hours(24)};
    limits.all_sends = {32, absl::Hours(24)};
    return limits;
  }
};

TEST_P(SendLimits, T48_PauseBetweenTwoSends) {
  EnrollPhone(ann_);
  const size_t before = Sent();
  Challenge(ann_);
  const auto refused = harness_.Call(ChallengeRequest(ann_));
  EXPECT_EQ(Reason(refused), "DELIVERY_LIMITED");
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_EQ(Sent(), before + 1);
  harness_.clock().Advance(30 * kMillisPerSecond);
  EXPECT_EQ(Reason(harness_.Call(ChallengeRequest(ann_))), "ok");
}

TEST_P(SendLimits, T48_BoundWhatAnAttackerCanHaveSentInAnHour) {
  EnrollPhone(ann_);
  const size_t before = Sent();
  for (int i = 0; i < 10'000; ++i) {
    static_cast<void>(harness_.Call(ChallengeRequest(ann_)));
    harness_.clock().Advance(kHour / 10'000);
  }
  // Of the five of the hour the enrolment took one. As many again flow in during the hour.
  EXPECT_LE(Sent() - before, 9U);
  EXPECT_GE(Sent() - before, 4U);
  EXPECT_EQ(Reason(ann_.Verify(app_.CodeAt(harness_.clock().Now()))), "ok") << "the owner uses the app";
}

TEST_P(SendLimits, T48_BoundWhatAnAttackerCanHaveSentInADay) {
  EnrollPhone(ann_);
  const size_t before = Sent();
  for (int i = 0; i < 24 * 60; ++i) {
    static_cast<void>(harness_.Call(ChallengeRequest(ann_)));
    harness_.clock().Advance(kMinute);
  }
  EXPECT_LE(Sent() - before, 19U);
  const size_t first_day = Sent();
  for (int i = 0; i < 24 * 60; ++i) {
    static_cast<void>(harness_.Call(ChallengeRequest(ann_)));
    harness_.clock().Advance(kMinute);
  }
  EXPECT_LE(Sent() - first_day, 11U) << "the bucket is never full again";
}

TEST_P(SendLimits, T48_BoundWhatAnAttackerCanHaveSentInAYear) {
  constexpr int kDays = 365;
  EnrollPhone(ann_);
  int sent = 0;
  for (int i = 0; i < kDays * 24; ++i) {
    sent += harness_.Call(ChallengeRequest(ann_)).ok() ? 1 : 0;
    harness_.clock().Advance(kHour);
  }
  const int daily = static_cast<int>(harness_.limits().sends_daily.attempts);
  EXPECT_LE(sent, daily * (kDays + 1));
  EXPECT_GE(sent, daily * kDays * 9 / 10) << "the attacker used what there was";
}

TEST_P(SendLimits, T48_CountASubjectOverAllOfItsDestinations) {
  Limits limits = WithSendLimits();
  limits.sends_daily = {1000, absl::Hours(24)};
  harness_.Restart(limits);
  const std::string first = EnrollPhone(ann_);
  const auto enrolled =
      harness_.Call(SmsRequest(ann_, "+4915112345679", app_.CodeAt(harness_.clock().Now(), 1)));
  ASSERT_EQ(Reason(enrolled), "ok");
  const std::string second = enrolled->method().method_id();
  ASSERT_EQ(Reason(harness_.Call(ConfirmRequest(ann_, second, LastCode()))), "ok");
  const size_t before = Sent();
  for (int i = 0; i < 60; ++i) {
    auto request = ann_.About<v1::StartChallengeRequest>();
    request.set_method_id(i % 2 == 0 ? first : second);
    static_cast<void>(harness_.Call(request));
    harness_.clock().Advance(kMinute);
  }
  // Either destination alone would take nine.
  EXPECT_LE(Sent() - before, 8U);
}

// Mailboxes do not differ by case.
TEST_P(SendLimits, T48_CountADestinationInAnySpelling) {
  int sent = 0;
  for (int i = 0; i < 7; ++i) {
    User user(harness_, "user" + std::to_string(i));
    const App app = user.Enroll();
    auto request = user.About<v1::EnrollRequest>();
    request.set_type(v1::METHOD_TYPE_EMAIL);
    std::string address = "victim@example.org";
    address[static_cast<size_t>(i) % 6] = static_cast<char>(address[static_cast<size_t>(i) % 6] - 'a' + 'A');
    request.set_email(address);
    request.set_proof_code(app.CodeAt(harness_.clock().Now()));
    sent += Reason(harness_.Call(request)) == "ok" ? 1 : 0;
  }
  EXPECT_EQ(sent, 5);
}

TEST_P(SendLimits, T48_CountADestinationOverAllSubjects) {
  std::vector<std::string> reasons;
  for (int i = 0; i < 7; ++i) {
    User user(harness_, "user" + std::to_string(i));
    const App app = user.Enroll();
    reasons.push_back(Reason(harness_.Call(SmsRequest(user, kNumber, app.CodeAt(harness_.clock().Now())))));
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "ok"), 5);
  EXPECT_EQ(reasons.back(), "DELIVERY_LIMITED");
  EXPECT_EQ(Sent(), 5U);
}

TEST_P(SendLimits, T48_CountEachPrefixAndAllOfThem) {
  std::vector<std::string> reasons;
  for (int i = 0; i < 34; ++i) {
    User user(harness_, "user" + std::to_string(i));
    const App app = user.Enroll();
    const std::string number = (i < 31 ? "+49151123456" : "+1212555012") + std::to_string(10 + i);
    reasons.push_back(Reason(harness_.Call(SmsRequest(user, number, app.CodeAt(harness_.clock().Now())))));
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.begin() + 30, "ok"), 30);
  EXPECT_EQ(reasons[30], "DELIVERY_LIMITED") << "of the prefix +49";
  EXPECT_EQ(reasons[31], "ok") << "of another prefix";
  EXPECT_EQ(reasons[33], "DELIVERY_LIMITED") << "of all";
}

TEST_P(SendLimits, T48_CountANetworkAndItsSite) {
  Limits limits = WithSendLimits();
  limits.prefix_sends = limits.all_sends = {1000, absl::Hours(24)};
  // An enrolment takes a minute.
  const auto sent_to = [&](int users, const std::string& name, const auto& address_of) {
    harness_.Restart(limits);
    int sent = 0;
    for (int i = 0; i < users; ++i) {
      User user(harness_, name + std::to_string(i));
      const App app = user.Enroll();
      const std::string number = "+49151123456" + std::to_string(10 + i);
      auto request = SmsRequest(user, number, app.CodeAt(harness_.clock().Now()));
      request.set_client_address(address_of(i));
      sent += Reason(harness_.Call(request)) == "ok" ? 1 : 0;
    }
    return sent;
  };
  EXPECT_EQ(sent_to(30, "of64", [](int i) { return "2001:db8::" + std::to_string(i); }), 20 + 30 / 3 - 1);
  EXPECT_EQ(sent_to(150, "of48", [](int i) { return "2001:db8:0:" + std::to_string(i) + "::1"; }),
            40 + 150 * 2 / 3 - 1)
      << "twice as many";
}

TEST_P(SendLimits, RefuseAnEnrolmentWithoutUsingItsProof) {
  EnrollPhone(ann_);
  Challenge(ann_);
  const std::string proof = app_.CodeAt(harness_.clock().Now(), 1);
  EXPECT_EQ(Reason(harness_.Call(SmsRequest(ann_, "+4915112345679", proof))), "DELIVERY_LIMITED");
  EXPECT_EQ(Reason(ann_.Verify(proof)), "ok");
}

INSTANTIATE_TEST_SUITE_P(Storages, SendLimits, testing::Values("memory:"),
                         [](const testing::TestParamInfo<const char*>& storage) {
                           return std::string(storage.param).substr(0, 6);
                         });

// With the default guards against guessing.
class GuessedSentCodes : public SentCodes {
 protected:
  GuessedSentCodes() : SentCodes(WithGuards()) {}

  static Limits WithGuards() {
    Limits limits = OpenLimits();
    const Limits defaults;
    limits.lock_after = defaults.lock_after;
    limits.permanent_lock_after = defaults.permanent_lock_after;
    limits.long_term_budget = defaults.long_term_budget;
    return limits;
  }
};

TEST_P(GuessedSentCodes, T23_ShareTheLocksOfAllMethods) {
  EnrollPhone(ann_);
  const std::string challenge = Challenge(ann_);
  const std::string right = LastCode();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Verify(ann_, WrongCode(), challenge), "CODE_REJECTED");
  EXPECT_EQ(Verify(ann_, right, challenge), "LOCKED");
  EXPECT_EQ(Verify(ann_, WrongCode(), challenge), "LOCKED");
  const size_t before = Sent();
  EXPECT_EQ(Reason(harness_.Call(ChallengeRequest(ann_))), "LOCKED") << "the code would be useless";
  EXPECT_EQ(Sent(), before);
}

TEST_P(GuessedSentCodes, T21_ANewChallengeRefillsNothing) {
  EnrollPhone(ann_);
  int checked = 0;
  for (int i = 0; i < 40; ++i) {
    const auto started = harness_.Call(ChallengeRequest(ann_));
    harness_.clock().Advance(kHour);
    if (!started.ok()) continue;
    harness_.clock().Advance(-kHour);
    checked += Verify(ann_, WrongCode(), started->challenge_id()) == "CODE_REJECTED" ? 1 : 0;
    harness_.clock().Advance(kHour);
  }
  EXPECT_LE(checked, 20 + 40 * 9 / 24 + 1);
  EXPECT_GE(checked, 20);
}

INSTANTIATE_TEST_SUITE_P(Storages, GuessedSentCodes, testing::Values("memory:"),
                         [](const testing::TestParamInfo<const char*>& storage) {
                           return std::string(storage.param).substr(0, 6);
                         });

}  // namespace
}  // namespace twofold
