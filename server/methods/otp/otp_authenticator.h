#ifndef TWOFOLD_SERVER_METHODS_OTP_OTP_AUTHENTICATOR_H_
#define TWOFOLD_SERVER_METHODS_OTP_OTP_AUTHENTICATOR_H_

#include <cstdint>
#include <string>

#include "server/methods/authenticator.h"

namespace twofold {

// A run of counters (RFC 4226 section 5.1) or time steps (RFC 6238 section 4).
struct CounterWindow {
  int64_t first = 0;
  int count = 0;
};

// What HOTP and TOTP have in common: a shared seed, and codes that are numbered by a counter.
class OtpAuthenticator : public Authenticator {
 public:
  // `issuer` is shown in apps where a request names none.
  explicit OtpAuthenticator(std::string issuer) : issuer_(std::move(issuer)) {}

  // The counters whose codes may log in.
  virtual CounterWindow LoginWindow(const internal::v1::OtpUse& otp, UnixMillis now) const = 0;
  // The counters among which two consecutive codes are searched.
  virtual CounterWindow ResyncWindow(const internal::v1::OtpUse& otp, UnixMillis now) const = 0;

  // False when what was already accepted can only mean that `now` is wrong.
  virtual bool ClockIsPlausible(const internal::v1::OtpUse& otp, UnixMillis now) const = 0;

  // Marks `counter` and every lower one as used, and learns from it.
  virtual void Accept(int64_t counter, UnixMillis now, internal::v1::OtpUse& otp) const = 0;
  // The same after two consecutive codes. `counter` is that of the second.
  virtual void AcceptResync(int64_t counter, UnixMillis now, internal::v1::OtpUse& otp) const = 0;

  bool Takes(const Presented& presented) const final;
  absl::Status Enroll(const MethodContext& context, const v1::EnrollRequest& request,
                      internal::v1::Method& method) const final;
  OrWork<absl::Status> ShowOnce(const MethodContext& context, const internal::v1::Method& method,
                                const v1::EnrollRequest& request, v1::EnrollResponse& response) const final;
  absl::StatusOr<bool> SharesSecret(const MethodContext& context, const internal::v1::Method& method,
                                    const internal::v1::Method& other) const final;
  OrWork<CheckResult> Check(const MethodContext& context, const internal::v1::Method& method,
                            const Presented& presented) const final;
  internal::v1::Method NewDecoy(const MethodContext& context) const final;
  bool IsPortable(const v1::PortableMethod& portable) const final;
  absl::Status Import(const MethodContext& context, const v1::PortableMethod& portable,
                      internal::v1::Method& method) const final;
  absl::Status Export(const MethodContext& context, const internal::v1::Method& method,
                      v1::PortableMethod& portable) const final;
  std::string FixedParameters(const internal::v1::Method& method) const final;

 private:
  const std::string issuer_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_OTP_OTP_AUTHENTICATOR_H_
