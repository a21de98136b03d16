#ifndef TWOFOLD_TESTS_HARNESS_USER_H_
#define TWOFOLD_TESTS_HARNESS_USER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/secret_bytes.h"
#include "server/methods/otp/otpauth_uri.h"
#include "tests/harness/engine_harness.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// An authenticator app with one account, as the QR code set it up.
class App {
 public:
  App() = default;
  App(std::string method_id, const std::string& otpauth_uri);

  const std::string& method_id() const { return method_id_; }
  // Returns the code at `now`, `steps` periods later or earlier. TOTP only.
  std::string CodeAt(UnixMillis now, int64_t steps = 0) const;
  // Returns the code for a counter. HOTP only.
  std::string CodeOf(int64_t counter) const;
  // Returns the code of the next press of the button. HOTP only.
  std::string NextCode() { return CodeOf(counter_++); }
  // Returns whether the app shows `code` at `now` or within three periods of it, which is the
  // widest window of a login. TOTP only.
  bool Shows(const std::string& code, UnixMillis now) const;
  // Returns a code of the right length that no step or counter in reach has.
  std::string WrongCode(UnixMillis now) const;
  int64_t counter() const { return counter_; }
  int period_seconds() const { return uri_.period_seconds; }

 private:
  std::string method_id_;
  OtpauthUri uri_;
  int64_t counter_ = 0;
};

// A user of the service in `harness`, with a device.
class User {
 public:
  User(EngineHarness& harness, std::string user_id, std::string tenant = "")
      : harness_(harness), user_id_(std::move(user_id)), tenant_(std::move(tenant)) {}

  // Returns a request about this subject.
  template <typename Request>
  Request About() const {
    Request request;
    request.set_tenant(tenant_);
    request.set_user_id(user_id_);
    return request;
  }

  // Enrols and confirms. Afterwards the clock has moved on by two steps, so that the next code is
  // unused. The request needs a proof_code if the user already has a device.
  App Enroll();
  App Enroll(v1::EnrollRequest request);

  absl::StatusOr<v1::VerifyResponse> Verify(const std::string& code) const;
  absl::StatusOr<v1::VerifyResponse> Verify(const std::string& code, const std::string& method_id) const;
  absl::StatusOr<v1::ListMethodsResponse> List() const;

  const std::vector<std::string>& backup_codes() const { return backup_codes_; }
  const std::string& user_id() const { return user_id_; }

 private:
  EngineHarness& harness_;
  std::string user_id_;
  std::string tenant_;
  std::vector<std::string> backup_codes_;
};

// Returns a UUID that was not used before.
std::string NewRequestId();

// Returns the reason of an error, or "ok" for success.
template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return result.ok() ? "ok" : v1::ErrorReason_Name(ReasonOf(result.status()));
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_USER_H_
