#ifndef TWOFOLD_TESTS_METHODS_SENT_CODE_FIXTURE_H_
#define TWOFOLD_TESTS_METHODS_SENT_CODE_FIXTURE_H_

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/harness/user.h"

namespace twofold {

inline constexpr char kNumber[] = "+4915112345678";
inline constexpr int64_t kMinute = 60 * kMillisPerSecond;
inline constexpr int64_t kHour = 60 * kMinute;

// A user with an app and a phone, on the storage that the parameter names.
class SentCodes : public testing::TestWithParam<const char*> {
 protected:
  explicit SentCodes(const Limits& limits = OpenLimits(),
                     Authenticators authenticators = BuiltinAuthenticators(TestMethodSettings()))
      : harness_(GetParam(), limits, nullptr, std::move(authenticators)) {}

  std::string LastCode() { return harness_.sender().sent().back().code; }
  size_t Sent() { return harness_.sender().sent().size(); }

  // A code that is neither the last one nor any of its neighbours in typing.
  std::string WrongCode() {
    std::string code = LastCode();
    code[0] = static_cast<char>('0' + (code[0] - '0' + 5) % 10);
    return code;
  }

  v1::EnrollRequest SmsRequest(const User& user, const std::string& number, const std::string& proof) {
    auto request = user.About<v1::EnrollRequest>();
    request.set_type(v1::METHOD_TYPE_SMS);
    request.set_phone_number(number);
    if (!proof.empty()) request.set_proof_code(proof);
    return request;
  }

  v1::ConfirmEnrollmentRequest ConfirmRequest(const User& user, const std::string& id,
                                              const std::string& code) {
    auto request = user.About<v1::ConfirmEnrollmentRequest>();
    request.set_method_id(id);
    request.set_code(code);
    return request;
  }

  // Enrols an app and, beside it, a phone. Returns the id of the phone.
  std::string EnrollPhone(User& user, const std::string& number = kNumber) {
    app_ = user.Enroll();
    const auto enrolled = harness_.Call(SmsRequest(user, number, app_.CodeAt(harness_.clock().Now())));
    EXPECT_EQ(Reason(enrolled), "ok");
    if (!enrolled.ok()) return "";
    const std::string id = enrolled->method().method_id();
    EXPECT_EQ(Reason(harness_.Call(ConfirmRequest(user, id, LastCode()))), "ok");
    harness_.clock().Advance(kMinute);
    return id;
  }

  v1::StartChallengeRequest ChallengeRequest(const User& user) {
    auto request = user.About<v1::StartChallengeRequest>();
    request.add_allowed_types(v1::METHOD_TYPE_SMS);
    return request;
  }

  // The id of a new challenge, whose code is LastCode(). The next one can be asked for at once.
  std::string Challenge(const User& user) {
    const auto started = harness_.Call(ChallengeRequest(user));
    EXPECT_EQ(Reason(started), "ok");
    return started.ok() ? started->challenge_id() : "";
  }

  std::string Verify(const User& user, const std::string& code, const std::string& challenge_id) {
    auto request = user.About<v1::VerifyRequest>();
    request.set_code(code);
    request.set_challenge_id(challenge_id);
    return Reason(harness_.Call(request));
  }

  int Failures(const User& user) {
    CallFacts facts;
    auto request = user.About<v1::VerifyRequest>();
    request.set_code("00000000");
    static_cast<void>(harness_.Call(facts, request));
    return static_cast<int>(facts.consecutive_failures);
  }

  EngineHarness harness_;
  User ann_{harness_, "ann"};
  App app_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_METHODS_SENT_CODE_FIXTURE_H_
