// The parameters of a device are those that its user's app has, and the window is the documented one.

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/methods/otp/otpauth_uri.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

class Parameters : public ThreatTest {
 protected:
  App Import(User& user, const std::string& uri) {
    v1::EnrollRequest request;
    request.set_otpauth_uri(uri);
    return user.Enroll(request);
  }
};
INSTANTIATE_TEST_SUITE_P(, Parameters, EverySetting(), SettingName);

constexpr char kSecret[] = "MRQXI5DFOIQHI2DJOMQHO2LUNAQGCIDTN5XGO43P";

// What OATH Toolkit's oathtool, an implementation that has nothing to do with this one, makes at `now`.
std::string Independent(const std::string& algorithm, int digits, int period, UnixMillis now) {
  const std::string command = absl::StrCat("/usr/bin/oathtool --totp=", algorithm, " -b -d ", digits, " -s ",
                                           period, "s -N @", now / 1000, " ", kSecret);
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  char line[64] = "";
  const bool read = std::fgets(line, sizeof(line), pipe) != nullptr;
  if (pclose(pipe) != 0 || !read) return "";
  return std::string(line).substr(0, static_cast<size_t>(digits));
}

TEST_P(Parameters, T36_CodesOfAnIndependentImplementationPassUnderEveryParameter) {
  for (const char* algorithm : {"SHA1", "SHA256", "SHA512"}) {
    for (const int digits : {6, 7, 8}) {
      for (const int period : {15, 30, 60}) {
        const std::string name = absl::StrCat(algorithm, "-", digits, "-", period);
        User user(harness_, name);
        const App app =
            Import(user, absl::StrCat("otpauth://totp/x?secret=", kSecret, "&algorithm=", algorithm,
                                      "&digits=", digits, "&period=", period));
        const std::string code = Independent(algorithm, digits, period, Now());
        const std::string by_default = Independent("SHA1", 6, 30, Now());
        ASSERT_EQ(code.size(), static_cast<size_t>(digits));
        if (code != by_default) {
          EXPECT_TRUE(Refused(user.Verify(by_default))) << name;
        }
        const auto answer = user.Verify(code);
        EXPECT_EQ(Reason(answer), "ok") << name;
        EXPECT_EQ(answer->method().totp().digits(), digits);
        EXPECT_EQ(answer->method().totp().period_seconds(), period);
        EXPECT_EQ(app.method_id(), answer->method().method_id());
      }
    }
  }
}

TEST_P(Parameters, T36_SoDoParametersThatARequestNames) {
  User user(harness_, "ann");
  v1::EnrollRequest request;
  request.set_secret_base32(kSecret);
  request.set_algorithm(v1::ALGORITHM_SHA256);
  request.set_digits(8);
  request.set_period_seconds(60);
  user.Enroll(request);
  EXPECT_EQ(Reason(user.Verify(Independent("SHA256", 8, 60, Now()))), "ok");
}

TEST_P(Parameters, T37_ACodeIsAcceptedFromOnePeriodBeforeItsStepToOnePeriodAfterIt) {
  for (const int period : {30, 60}) {
    // Long enough ahead that no guard remembers the second before.
    constexpr int64_t kApart = 400'000'000;
    User user(harness_, absl::StrCat("ann", period));
    const App app = Import(user, absl::StrCat("otpauth://totp/x?secret=", kSecret, "&period=", period));
    int accepted = 0;
    for (int second = -2 * period; second <= 3 * period; ++second) {
      harness_.clock().Advance(kApart);
      const UnixMillis step_begins = Now() / (period * 1000) * (period * 1000);
      const std::string code = app.CodeAt(step_begins);
      harness_.clock().Set(step_begins + second * 1000);
      const bool documented = second >= -period && second < 2 * period;
      if (documented) {
        EXPECT_EQ(Reason(user.Verify(code)), "ok") << second;
        ++accepted;
      } else {
        EXPECT_TRUE(Refused(user.Verify(code))) << second;
      }
      // What a device has learnt would move the window.
      Tamper(harness_.storage(), user.user_id(), [](SubjectRecord& record) {
        DeviceAt(record, 0).mutable_otp()->clear_clock_offset();
        DeviceAt(record, 0).mutable_otp()->clear_last_side();
      });
    }
    EXPECT_EQ(accepted, 3 * period);
  }
}

TEST_P(Parameters, T37_AndToTheMillisecond) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const UnixMillis step_begins = (Now() / 30'000 + 100) * 30'000;
  const std::string code = app.CodeAt(step_begins);
  harness_.clock().Set(step_begins - 30'001);
  EXPECT_TRUE(Refused(user.Verify(code)));
  harness_.clock().Set(step_begins + 60'000);
  EXPECT_TRUE(Refused(user.Verify(code)));
  harness_.clock().Set(step_begins + 59'999);
  EXPECT_EQ(Reason(user.Verify(code)), "ok");
}

TEST_P(Parameters, T38_ValuesOutOfBoundsAreRefused) {
  const std::string secret = std::string("secret=") + kSecret;
  User user(harness_, "ann");
  for (const std::string& query : {
           secret + "&period=14",
           secret + "&period=301",
           secret + "&period=0",
           secret + "&period=-30",
           secret + "&period=9223372036854775807",
           secret + "&period=18446744073709551646",
           secret + "&digits=5",
           secret + "&digits=9",
           secret + "&digits=0",
           secret + "&digits=4294967302",
           secret + "&algorithm=MD5",
           std::string("secret=AAAAAAAAAAAAAAA"),  // 9 bytes
           "secret=" + std::string(207, 'A'),      // 129 bytes
           std::string("secret="),
           std::string("period=30"),
       }) {
    auto request = user.About<v1::EnrollRequest>();
    request.set_otpauth_uri("otpauth://totp/x?" + query);
    EXPECT_EQ(Reason(harness_.Call(request)), "INVALID_REQUEST") << query;
  }
  for (const char* counter :
       {"", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e3"}) {
    auto request = user.About<v1::EnrollRequest>();
    request.set_otpauth_uri("otpauth://hotp/x?" + secret + "&counter=" + counter);
    EXPECT_EQ(Reason(harness_.Call(request)), "INVALID_REQUEST") << counter;
  }
  auto request = user.About<v1::EnrollRequest>();
  request.set_otpauth_uri("otpauth://hotp/x?" + secret);
  EXPECT_EQ(Reason(harness_.Call(request)), "INVALID_REQUEST") << "no counter";
  EXPECT_FALSE(Stored(harness_.storage(), "ann").has_value());
}

TEST_P(Parameters, T38_TheRequestsOwnFieldsHaveTheSameBounds) {
  User user(harness_, "ann");
  const auto reason = [&](const std::function<void(v1::EnrollRequest&)>& set) {
    auto request = user.About<v1::EnrollRequest>();
    set(request);
    return Reason(harness_.Call(request));
  };
  for (const int digits : {-6, 1, 5, 9, 2147483647}) {
    EXPECT_EQ(reason([&](auto& request) { request.set_digits(digits); }), "INVALID_REQUEST") << digits;
  }
  for (const int period : {-30, 1, 14, 301, 2147483647}) {
    EXPECT_EQ(reason([&](auto& request) { request.set_period_seconds(period); }), "INVALID_REQUEST")
        << period;
  }
  for (const size_t symbols : {size_t{0}, size_t{15}, size_t{207}, size_t{1} << 20}) {
    EXPECT_EQ(reason([&](auto& request) { request.set_secret_base32(std::string(symbols, 'A')); }),
              "INVALID_REQUEST");
  }
  for (const size_t symbols : {size_t{16}, size_t{205}}) {
    EXPECT_EQ(reason([&](auto& request) { request.set_secret_base32(std::string(symbols, 'A')); }), "ok")
        << symbols;
  }
  EXPECT_EQ(reason([](auto& request) { request.set_algorithm(static_cast<v1::Algorithm>(4)); }),
            "INVALID_REQUEST");
  EXPECT_EQ(reason([](auto& request) { request.set_type(v1::METHOD_TYPE_BACKUP_CODES); }), "INVALID_REQUEST");
}

TEST_P(Parameters, T38_TheHighestCounterThatIsTakenStillCounts) {
  User user(harness_, "ann");
  App app = Import(user, absl::StrCat("otpauth://hotp/x?secret=", kSecret, "&counter=", kMaxStartCounter));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Reason(user.Verify(app.NextCode())), "ok");
}

class Counters : public Parameters {
 protected:
  App EnrollHotp(User& user) {
    v1::EnrollRequest request;
    request.set_type(v1::METHOD_TYPE_HOTP);
    return user.Enroll(request);
  }
};
INSTANTIATE_TEST_SUITE_P(, Counters, EverySetting(), SettingName);

TEST_P(Counters, T40_AFailureNeverMovesTheCounter) {
  User user(harness_, "ann");
  App app = EnrollHotp(user);
  const int64_t before = DeviceAt(Record(user), 0).otp().next_counter();
  EXPECT_EQ(before, 1);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Refused(user.Verify(app.WrongCode(Now()))));
  EXPECT_TRUE(Refused(user.Verify(app.CodeOf(12))));
  EXPECT_TRUE(Refused(user.Verify(app.CodeOf(0))));
  EXPECT_TRUE(Refused(harness_.Call(ResyncOf(user, app, app.CodeOf(5), app.CodeOf(7)))));
  EXPECT_EQ(DeviceAt(Record(user), 0).otp().next_counter(), before);
  Pardon(user);
  EXPECT_EQ(Reason(user.Verify(app.CodeOf(1))), "ok");
}

TEST_P(Counters, T40_TheLookAheadIsTen) {
  User user(harness_, "ann");
  const App app = EnrollHotp(user);
  EXPECT_TRUE(Refused(user.Verify(app.CodeOf(12))));
  EXPECT_EQ(Reason(user.Verify(app.CodeOf(11))), "ok");
  EXPECT_EQ(DeviceAt(Record(user), 0).otp().next_counter(), 12);
}

TEST_P(Counters, T40_AnAcceptedCodeKillsTheSkippedOnes) {
  User user(harness_, "ann");
  const App app = EnrollHotp(user);
  ASSERT_EQ(Reason(user.Verify(app.CodeOf(9))), "ok");
  for (int64_t skipped = 1; skipped <= 9; ++skipped) {
    Pardon(user);
    EXPECT_EQ(Reason(user.Verify(app.CodeOf(skipped))), "CODE_REJECTED") << skipped;
  }
  Pardon(user);
  EXPECT_EQ(Reason(user.Verify(app.CodeOf(10))), "ok");
}

TEST_P(Counters, T40_ResyncLooksAHundredAhead) {
  User user(harness_, "ann");
  const App app = EnrollHotp(user);
  EXPECT_TRUE(Refused(harness_.Call(ResyncOf(user, app, app.CodeOf(101), app.CodeOf(102)))));
  ASSERT_EQ(Reason(harness_.Call(ResyncOf(user, app, app.CodeOf(100), app.CodeOf(101)))), "ok");
  EXPECT_EQ(DeviceAt(Record(user), 0).otp().next_counter(), 102);
}

}  // namespace
}  // namespace twofold
