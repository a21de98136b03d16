#include "server/methods/hotp.h"

namespace twofold {
namespace {

using internal::v1::Device;

class Hotp final : public DeviceKind {
 public:
  v1::MethodType type() const override { return v1::METHOD_TYPE_HOTP; }

  CounterWindow LoginWindow(const Device& device, UnixMillis) const override {
    return CounterWindow{device.next_counter(), kHotpLookAhead + 1};
  }

  CounterWindow ResyncWindow(const Device& device, UnixMillis) const override {
    return CounterWindow{device.next_counter(), kHotpResyncLookAhead + 1};
  }

  bool ClockIsPlausible(const Device&, UnixMillis) const override { return true; }

  void Accept(int64_t factor, UnixMillis, Device& device) const override {
    device.set_next_counter(factor + 1);
  }

  void AcceptResync(int64_t second_counter, UnixMillis, Device& device) const override {
    device.set_next_counter(second_counter + 1);
  }

  void Describe(const Device& device, v1::Method& method) const override {
    v1::HotpParameters& hotp = *method.mutable_hotp();
    hotp.set_algorithm(device.algorithm());
    hotp.set_digits(device.digits());
  }
};

}  // namespace

std::unique_ptr<const DeviceKind> NewHotpKind() { return std::make_unique<Hotp>(); }

}  // namespace twofold
