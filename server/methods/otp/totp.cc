#include "server/methods/otp/totp.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "crypto/otp.h"

namespace twofold {
namespace {

using internal::v1::OtpUse;

int64_t StepOf(const OtpUse& otp, UnixMillis now) { return TimeStep(now, otp.period_seconds()); }

class Totp final : public OtpAuthenticator {
 public:
  using OtpAuthenticator::OtpAuthenticator;

  v1::MethodType type() const override { return v1::METHOD_TYPE_TOTP; }

  CounterWindow LoginWindow(const OtpUse& otp, UnixMillis now) const override {
    return CounterWindow{StepOf(otp, now) + otp.clock_offset() - kTotpWindow, 2 * kTotpWindow + 1};
  }

  CounterWindow ResyncWindow(const OtpUse& otp, UnixMillis now) const override {
    return CounterWindow{StepOf(otp, now) - kTotpResyncSteps, 2 * kTotpResyncSteps + 1};
  }

  bool ClockIsPlausible(const OtpUse& otp, UnixMillis now) const override {
    return otp.next_counter() - 1 <= StepOf(otp, now) + kTotpStepsAheadMax;
  }

  void Accept(int64_t counter, UnixMillis now, OtpUse& otp) const override {
    const int64_t from_middle = counter - (StepOf(otp, now) + otp.clock_offset());
    const int side = from_middle < 0 ? -1 : (from_middle > 0 ? 1 : 0);
    otp.set_next_counter(counter + 1);
    if (side == 0 || side != otp.last_side()) {
      otp.set_last_side(side);
      return;
    }
    const int moved = otp.clock_offset() + side;
    // An offset that a resynchronisation set beyond the cap may only shrink.
    if (std::abs(moved) <= std::max(kTotpLearnedOffsetMax, std::abs(otp.clock_offset()) - 1)) {
      otp.set_clock_offset(moved);
    }
    otp.clear_last_side();
  }

  void AcceptResync(int64_t counter, UnixMillis now, OtpUse& otp) const override {
    otp.set_next_counter(counter + 1);
    otp.set_clock_offset(static_cast<int32_t>(counter - StepOf(otp, now)));
    otp.clear_last_side();
  }

  void Describe(const internal::v1::Method& method, v1::Method& shown) const override {
    const OtpUse& otp = method.otp();
    v1::TotpParameters& totp = *shown.mutable_totp();
    totp.set_algorithm(otp.algorithm());
    totp.set_digits(otp.digits());
    totp.set_period_seconds(otp.period_seconds());
    totp.set_clock_offset_steps(otp.clock_offset());
  }
};

}  // namespace

std::unique_ptr<const OtpAuthenticator> NewTotp(std::string issuer) {
  return std::make_unique<Totp>(std::move(issuer));
}

}  // namespace twofold
