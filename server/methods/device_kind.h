#ifndef TWOFOLD_SERVER_METHODS_DEVICE_KIND_H_
#define TWOFOLD_SERVER_METHODS_DEVICE_KIND_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "common/clock.h"
#include "twofold/internal/v1/record.pb.h"
#include "twofold/v1/method.pb.h"

namespace twofold {

// A run of moving factors (RFC 4226 §5.1): time steps or counter values.
struct CounterWindow {
  int64_t first = 0;
  int count = 0;
};

// What distinguishes one kind of device that shows one-time codes from another. Stateless, pure and
// thread-safe: no I/O, and the time is an argument.
class DeviceKind {
 public:
  virtual ~DeviceKind() = default;

  virtual v1::MethodType type() const = 0;

  // The factors whose codes may log in.
  virtual CounterWindow LoginWindow(const internal::v1::Device& device, UnixMillis now) const = 0;
  // The factors among which two consecutive codes are searched.
  virtual CounterWindow ResyncWindow(const internal::v1::Device& device, UnixMillis now) const = 0;

  // False when what was already accepted can only mean that `now` is wrong.
  virtual bool ClockIsPlausible(const internal::v1::Device& device, UnixMillis now) const = 0;

  // Spends `factor` and everything below, and learns from it.
  virtual void Accept(int64_t factor, UnixMillis now, internal::v1::Device& device) const = 0;
  // The same after two consecutive codes, of which `second_counter` is the later.
  virtual void AcceptResync(int64_t second_counter, UnixMillis now, internal::v1::Device& device) const = 0;

  // Sets the parameters that callers see.
  virtual void Describe(const internal::v1::Device& device, v1::Method& method) const = 0;
};

// The kinds that a server knows. Immutable after it is built; thread-safe.
class DeviceKinds {
 public:
  explicit DeviceKinds(std::vector<std::unique_ptr<const DeviceKind>> kinds);

  // Null when unknown.
  const DeviceKind* Find(v1::MethodType type) const;

 private:
  std::vector<std::unique_ptr<const DeviceKind>> kinds_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_DEVICE_KIND_H_
