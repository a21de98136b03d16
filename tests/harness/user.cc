#include "tests/harness/user.h"

#include <cstdlib>
#include <iostream>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "crypto/otp.h"
#include "crypto/system_random.h"

namespace twofold {
namespace {

template <typename T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::cerr << "test user: " << result.status() << "\n";
    std::abort();
  }
  return *std::move(result);
}

}  // namespace

App::App(std::string method_id, const std::string& otpauth_uri)
    : method_id_(std::move(method_id)), uri_(Must(ParseOtpauthUri(otpauth_uri))), counter_(uri_.counter) {}

std::string App::CodeOf(int64_t counter) const {
  return ComputeOtp(uri_.secret.bytes(), OtpParameters(uri_.algorithm, uri_.digits), counter);
}

std::string App::CodeAt(UnixMillis now, int64_t steps) const {
  return CodeOf(TimeStep(now, uri_.period_seconds) + steps);
}

bool App::Shows(const std::string& code, UnixMillis now) const {
  for (int steps = -3; steps <= 3; ++steps) {
    if (CodeAt(now, steps) == code) return true;
  }
  return false;
}

std::string App::WrongCode(UnixMillis now) const {
  constexpr int kReach = 200;
  const int64_t middle = uri_.type == OtpType::kTotp ? TimeStep(now, uri_.period_seconds) : counter_;
  std::set<std::string> right;
  for (int64_t factor = std::max<int64_t>(0, middle - kReach); factor < middle + kReach; ++factor) {
    right.insert(CodeOf(factor));
  }
  for (int candidate = 0;; ++candidate) {
    std::string code = absl::StrFormat("%0*d", uri_.digits, candidate);
    if (!right.contains(code)) return code;
  }
}

App User::Enroll() { return Enroll(v1::EnrollRequest()); }

App User::Enroll(v1::EnrollRequest request) {
  request.set_tenant(tenant_);
  request.set_user_id(user_id_);
  const v1::EnrollResponse enrolled = Must(harness_.Call(request));
  App app(enrolled.method().method_id(), enrolled.otpauth_uri());
  auto confirm = About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(app.method_id());
  const bool is_hotp = enrolled.method().type() == v1::METHOD_TYPE_HOTP;
  confirm.set_code(is_hotp ? app.NextCode() : app.CodeAt(harness_.clock().Now()));
  const v1::ConfirmEnrollmentResponse confirmed = Must(harness_.Call(confirm));
  if (confirmed.backup_codes_size() > 0) {
    backup_codes_.assign(confirmed.backup_codes().begin(), confirmed.backup_codes().end());
  }
  harness_.clock().Advance(2 * app.period_seconds() * kMillisPerSecond);
  return app;
}

absl::StatusOr<v1::VerifyResponse> User::Verify(const std::string& code) const { return Verify(code, ""); }

absl::StatusOr<v1::VerifyResponse> User::Verify(const std::string& code, const std::string& method_id) const {
  auto request = About<v1::VerifyRequest>();
  request.set_code(code);
  request.set_method_id(method_id);
  return harness_.Call(request);
}

absl::StatusOr<v1::ListMethodsResponse> User::List() const {
  return harness_.Call(About<v1::ListMethodsRequest>());
}

std::string NewRequestId() {
  const std::string r = RandomBytes(SystemRandom(), 16);
  const auto byte = [&r](int i) { return static_cast<unsigned char>(r[static_cast<size_t>(i)]); };
  return absl::StrFormat("%02x%02x%02x%02x-%02x%02x-4%01x%02x-8%01x%02x-%02x%02x%02x%02x%02x%02x", byte(0),
                         byte(1), byte(2), byte(3), byte(4), byte(5), byte(6) & 15, byte(7), byte(8) & 15,
                         byte(9), byte(10), byte(11), byte(12), byte(13), byte(14), byte(15));
}

}  // namespace twofold
