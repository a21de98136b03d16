#include "tests/e2e/sent_codes_fixture.h"

#include <cctype>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crypto/base32.h"
#include "crypto/otp.h"

namespace twofold {
namespace {

constexpr char kSecret[] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
constexpr int64_t kPeriod = 30;

// As a number of its own, and not as a part of a longer one.
bool Names(absl::string_view text, absl::string_view digits) {
  const auto is_digit = [&text](size_t at) {
    return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
  };
  for (size_t at = text.find(digits); at != absl::string_view::npos; at = text.find(digits, at + 1)) {
    if (!is_digit(at - 1) && !is_digit(at + digits.size())) return true;
  }
  return false;
}

}  // namespace

void SentCodesServed::Serve(const std::vector<std::string>& more, const std::string& prefixes) {
  server_.reset();
  const std::string ca = authority_.certificate();
  std::vector<std::string> flags = {"--sms_carrier=" + webhook_.Uri(ca), "--sms_prefixes=" + prefixes,
                                    "--email_carrier=" + mail_.Uri(ca), "--email_codes",
                                    "--restricted_alone"};
  flags.insert(flags.end(), more.begin(), more.end());
  server_ = std::make_unique<ServerProcess>(folder_.File("data"), flags);
  ClientOptions options;
  options.address = server_->address();
  options.timeout = absl::Seconds(20);
  client_ = std::make_unique<TwofoldClient>(options);
}

v1::PortableMethod SentCodesServed::AppOf(const std::string& user) {
  v1::PortableMethod method;
  method.set_user_id(user);
  method.set_otpauth_uri(absl::StrCat("otpauth://totp/Example:", user, "?secret=", kSecret));
  return method;
}

v1::PortableMethod SentCodesServed::PhoneOf(const std::string& user, const std::string& number) {
  v1::PortableMethod method;
  method.set_user_id(user);
  method.set_phone_number(number);
  return method;
}

v1::PortableMethod SentCodesServed::MailboxOf(const std::string& user, const std::string& address) {
  v1::PortableMethod method;
  method.set_user_id(user);
  method.set_email(address);
  return method;
}

void SentCodesServed::Import(std::vector<v1::PortableMethod> methods) {
  const auto count = static_cast<int>(methods.size());
  const auto imported = client_->ImportMethods(std::move(methods), false, absl::Minutes(2));
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  ASSERT_EQ(imported->imported_count(), count) << imported->ShortDebugString();
}

std::string SentCodesServed::Start(const std::string& user, v1::MethodType type, std::string* challenge_id) {
  v1::StartChallengeRequest request;
  request.set_user_id(user);
  request.add_allowed_types(type);
  const auto started = client_->StartChallenge(request);
  if (started.ok() && challenge_id != nullptr) *challenge_id = started->id();
  return ReasonOf(started);
}

std::string SentCodesServed::Verify(const std::string& user, const std::string& code,
                                    const std::string& challenge_id) {
  v1::VerifyRequest request;
  request.set_user_id(user);
  request.set_code(code);
  request.set_challenge_id(challenge_id);
  return ReasonOf(client_->Verify(request));
}

std::string SentCodesServed::AppCode(int steps) {
  const auto secret = Base32Decode(kSecret);
  const int64_t step = absl::ToUnixSeconds(absl::Now()) / kPeriod + steps;
  return ComputeOtp(secret->bytes(), OtpParameters(HashAlgorithm::kSha1, 6), step);
}

std::string SentCodesServed::LogInByApp(const std::string& user, int steps) {
  return Verify(user, AppCode(steps), "");
}

void SentCodesServed::ExpectNothingLeaks(const std::vector<std::string>& destinations) const {
  const std::string output = Output();
  for (const Receiver* const receiver : {&webhook_, &mail_}) {
    for (const nlohmann::json& message : receiver->Arrived()) {
      EXPECT_FALSE(Names(output, message["code"].get<std::string>())) << message << output;
    }
  }
  for (const std::string& destination : destinations) {
    EXPECT_EQ(output.find(destination.substr(destination[0] == '+' ? 1 : 0)), std::string::npos)
        << destination << "\n"
        << output;
  }
}

}  // namespace twofold
