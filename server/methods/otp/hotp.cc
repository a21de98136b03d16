#include "server/methods/otp/hotp.h"

#include <utility>

namespace twofold {
namespace {

using internal::v1::OtpUse;

class Hotp final : public OtpAuthenticator {
 public:
  using OtpAuthenticator::OtpAuthenticator;

  v1::MethodType type() const override { return v1::METHOD_TYPE_HOTP; }

  CounterWindow LoginWindow(const OtpUse& otp, UnixMillis) const override {
    return CounterWindow{otp.next_counter(), kHotpLookAhead + 1};
  }

  CounterWindow ResyncWindow(const OtpUse& otp, UnixMillis) const override {
    return CounterWindow{otp.next_counter(), kHotpResyncLookAhead + 1};
  }

  bool ClockIsPlausible(const OtpUse&, UnixMillis) const override { return true; }

  void Accept(int64_t counter, UnixMillis, OtpUse& otp) const override { otp.set_next_counter(counter + 1); }

  void AcceptResync(int64_t counter, UnixMillis, OtpUse& otp) const override {
    otp.set_next_counter(counter + 1);
  }

  void Describe(const internal::v1::Method& method, v1::Method& shown) const override {
    const OtpUse& otp = method.otp();
    v1::HotpParameters& hotp = *shown.mutable_hotp();
    hotp.set_algorithm(otp.algorithm());
    hotp.set_digits(otp.digits());
  }
};

}  // namespace

std::unique_ptr<const OtpAuthenticator> NewHotp(std::string issuer) {
  return std::make_unique<Hotp>(std::move(issuer));
}

}  // namespace twofold
