#include "server/methods/hotp.h"

namespace twofold {
namespace {

using internal::v1::Device;

class Hotp final : public DeviceKind {
 public:
  v1::MethodType type() const override { return v1::METHOD_TYPE_HOTP; }

  FactorRange LoginWindow(const Device& device, UnixMillis) const override {
    return FactorRange{device.next_factor(), kHotpLookAhead + 1};
  }

  FactorRange ResyncWindow(const Device& device, UnixMillis) const override {
    return FactorRange{device.next_factor(), kHotpResyncLookAhead + 1};
  }

  bool ClockIsPlausible(const Device&, UnixMillis) const override { return true; }

  void Accept(int64_t factor, UnixMillis, Device& device) const override {
    device.set_next_factor(factor + 1);
  }

  void AcceptResync(int64_t second_factor, UnixMillis, Device& device) const override {
    device.set_next_factor(second_factor + 1);
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
