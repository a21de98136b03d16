#include "server/methods/totp.h"

#include <algorithm>
#include <cstdlib>

#include "crypto/otp.h"

namespace twofold {
namespace {

using internal::v1::Device;

int64_t StepOf(const Device& device, UnixMillis now) { return TimeStep(now, device.period_seconds()); }

class Totp final : public DeviceKind {
 public:
  v1::MethodType type() const override { return v1::METHOD_TYPE_TOTP; }

  CounterWindow LoginWindow(const Device& device, UnixMillis now) const override {
    return CounterWindow{StepOf(device, now) + device.clock_offset() - kTotpWindow, 2 * kTotpWindow + 1};
  }

  CounterWindow ResyncWindow(const Device& device, UnixMillis now) const override {
    return CounterWindow{StepOf(device, now) - kTotpResyncSteps, 2 * kTotpResyncSteps + 1};
  }

  bool ClockIsPlausible(const Device& device, UnixMillis now) const override {
    return device.next_counter() - 1 <= StepOf(device, now) + kTotpStepsAheadMax;
  }

  void Accept(int64_t factor, UnixMillis now, Device& device) const override {
    const int64_t from_middle = factor - (StepOf(device, now) + device.clock_offset());
    const int side = from_middle < 0 ? -1 : (from_middle > 0 ? 1 : 0);
    device.set_next_counter(factor + 1);
    if (side == 0 || side != device.last_side()) {
      device.set_last_side(side);
      return;
    }
    const int moved = device.clock_offset() + side;
    // An offset that a resynchronisation set beyond the cap may only shrink.
    if (std::abs(moved) <= std::max(kTotpLearnedOffsetMax, std::abs(device.clock_offset()) - 1)) {
      device.set_clock_offset(moved);
    }
    device.clear_last_side();
  }

  void AcceptResync(int64_t second_counter, UnixMillis now, Device& device) const override {
    device.set_next_counter(second_counter + 1);
    device.set_clock_offset(static_cast<int32_t>(second_counter - StepOf(device, now)));
    device.clear_last_side();
  }

  void Describe(const Device& device, v1::Method& method) const override {
    v1::TotpParameters& totp = *method.mutable_totp();
    totp.set_algorithm(device.algorithm());
    totp.set_digits(device.digits());
    totp.set_period_seconds(device.period_seconds());
    totp.set_clock_offset_steps(device.clock_offset());
  }
};

}  // namespace

std::unique_ptr<const DeviceKind> NewTotpKind() { return std::make_unique<Totp>(); }

}  // namespace twofold
