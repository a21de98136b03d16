// A year of guessing, whenever a guess is looked at, between the owner's three logins a day.

#include "server/methods/otp/hotp.h"
#include "server/methods/otp/totp.h"
#include "server/rules/lockout.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

constexpr int kDays = 365;
constexpr int64_t kLoginEvery = kMillisPerDay / 3;

struct Devices {
  int totp;
  int hotp;
  // Beside an app, by which the owner logs in. Guesses are at sent codes.
  bool phone = false;
};

// Which codes a guess is compared with.
constexpr int64_t kTotpCandidates = 2 * kTotpWindow + 1;
constexpr int64_t kHotpCandidates = kHotpLookAhead + 1;
constexpr int64_t kSentCandidates = 1;

class Year {
 public:
  explicit Year(const Devices& devices) : phone_(devices.phone) {
    v1::EnrollRequest request;
    if (devices.totp == 0) request.set_type(v1::METHOD_TYPE_HOTP);
    app_ = user_.Enroll(request);
    is_hotp_ = devices.totp == 0;
    for (int i = 1; i < devices.totp; ++i) EnrollAnother(user_, v1::METHOD_TYPE_TOTP, app_.CodeAt(Now()));
    if (phone_) EnrollPhone();
    candidates_ = phone_ ? kSentCandidates : devices.totp * kTotpCandidates + devices.hotp * kHotpCandidates;
  }

  // How many candidate codes guesses were compared with in a year.
  int64_t Guess() {
    const UnixMillis end = Now() + kDays * kMillisPerDay;
    UnixMillis login = Now() + kLoginEvery;
    int64_t judged = 0;
    while (Now() < end) {
      if (Now() >= login) {
        LogIn();
        login += kLoginEvery;
      }
      const absl::Status answer = phone_ ? GuessSentCode() : user_.Verify(Wrong()).status();
      if (ReasonOf(answer) == v1::CODE_REJECTED) {
        judged += candidates_;
        continue;
      }
      EXPECT_EQ(v1::ErrorReason_Name(ReasonOf(answer)), "LOCKED");
      harness_.clock().Set(std::min(login, LockedUntil()));
    }
    return judged;
  }

  int logins() const { return logins_; }

 private:
  static Limits WithoutLimiter() {
    Limits limits = OpenLimits();
    const Limits defaults = DefaultLimits();
    limits.lock_after = defaults.lock_after;
    limits.permanent_lock_after = defaults.permanent_lock_after;
    limits.long_term_budget = defaults.long_term_budget;
    return limits;
  }

  // The test reads the codes in the responses.
  static MethodSettings CallersSend() {
    MethodSettings settings = TestMethodSettings();
    settings.sms.goes_to_caller = true;
    return settings;
  }

  void EnrollPhone() {
    auto enroll = user_.About<v1::EnrollRequest>();
    enroll.set_type(v1::METHOD_TYPE_SMS);
    enroll.set_phone_number("+4915112345678");
    enroll.set_proof_code(app_.CodeAt(Now()));
    const auto enrolled = harness_.CallAsCarrier(enroll);
    ASSERT_TRUE(enrolled.ok()) << enrolled.status();
    auto confirm = user_.About<v1::ConfirmEnrollmentRequest>();
    confirm.set_method_id(enrolled->method().method_id());
    confirm.set_code(enrolled->sent().code());
    ASSERT_TRUE(harness_.Call(confirm).ok());
  }

  // Each time at a new code.
  absl::Status GuessSentCode() {
    auto start = user_.About<v1::StartChallengeRequest>();
    start.add_allowed_types(v1::METHOD_TYPE_SMS);
    const auto started = harness_.CallAsCarrier(start);
    if (!started.ok()) return started.status();
    auto guess = user_.About<v1::VerifyRequest>();
    guess.set_challenge_id(started->challenge_id());
    std::string code = started->sent().code();
    code[0] = code[0] == '9' ? '0' : static_cast<char>(code[0] + 1);
    guess.set_code(code);
    return harness_.Call(guess).status();
  }

  UnixMillis Now() const { return harness_.clock().Now(); }

  UnixMillis LockedUntil() {
    const auto listed = user_.List();
    if (!listed->has_locked_until()) return Now() + kLoginEvery;
    return listed->locked_until().seconds() * 1000 + listed->locked_until().nanos() / 1'000'000;
  }

  // By two codes, since a guesser keeps the account locked.
  void LogIn() {
    const std::string first = is_hotp_ ? app_.NextCode() : app_.CodeAt(Now(), -1);
    const std::string second = is_hotp_ ? app_.NextCode() : app_.CodeAt(Now());
    if (harness_.Call(ResyncOf(user_, app_, first, second)).ok()) ++logins_;
  }

  // Judged like any guess, and never right by chance: these devices show six digits.
  static std::string Wrong() { return "12345678"; }

  const bool phone_;
  mutable EngineHarness harness_{"memory:", WithoutLimiter(), nullptr, BuiltinAuthenticators(CallersSend())};
  User user_{harness_, "ann"};
  App app_;
  bool is_hotp_ = false;
  int64_t candidates_ = 0;
  int logins_ = 0;
};

// Units that the long-term budget has in a year.
int64_t Units() {
  const Limits limits = DefaultLimits();
  return limits.long_term_budget + limits.long_term_refill_per_day * kDays;
}

// The last unit may pay for a dearer guess.
int64_t MostCandidates(int64_t candidates) {
  const int64_t price = ChargeUnits(static_cast<int>(candidates));
  return (Units() + price - 1) / price * candidates;
}

TEST(AYearOfGuessing, T22_OneTotpDevice) {
  Year year({1, 0});
  const int64_t judged = year.Guess();
  EXPECT_LE(judged, MostCandidates(kTotpCandidates));
  EXPECT_LE(judged, 3 * (9 * 365 + 20)) << "one percent of a million";
  EXPECT_GE(judged, 3 * 9 * 360) << "the guesser used what there was";
  EXPECT_EQ(year.logins(), 3 * kDays - 1);
}

TEST(AYearOfGuessing, T22_TenTotpDevices) {
  Year year({10, 0});
  const int64_t judged = year.Guess();
  EXPECT_LE(judged, MostCandidates(10 * kTotpCandidates));
  EXPECT_LE(judged, 20'000) << "two percent of a million";
  EXPECT_GE(judged, 6 * 9 * 360);
  EXPECT_EQ(year.logins(), 3 * kDays - 1);
}

TEST(AYearOfGuessing, T22_OneHotpDevice) {
  Year year({0, 1});
  const int64_t judged = year.Guess();
  EXPECT_LE(judged, MostCandidates(kHotpCandidates));
  EXPECT_LE(judged, 10'000) << "one percent of a million";
  EXPECT_GE(judged, 11 * 9 * 360 / 4);
  EXPECT_EQ(year.logins(), 3 * kDays - 1);
}

TEST(AYearOfGuessing, T22_SentCodes) {
  Year year({1, 0, true});
  const int64_t judged = year.Guess();
  EXPECT_LE(judged, MostCandidates(kSentCandidates));
  EXPECT_LE(judged, 3'309) << "0.33 percent of a million";
  EXPECT_GE(judged, 9 * 360) << "the guesser used what there was";
  EXPECT_EQ(year.logins(), 3 * kDays - 1);
}

}  // namespace
}  // namespace twofold
