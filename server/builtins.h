#ifndef TWOFOLD_SERVER_BUILTINS_H_
#define TWOFOLD_SERVER_BUILTINS_H_

#include <functional>
#include <string>

#include "common/clock.h"
#include "common/random.h"
#include "server/methods/device_kind.h"
#include "storage/registry.h"

// What this build of the server consists of. A new backend or kind of device is one line in builtins.cc, the
// only file that names concrete ones.

namespace twofold {

// Gets a sentence for operators, at any time and on any thread.
using Warn = std::function<void(const std::string&)>;

StorageRegistry BuiltinStorages(const Warn& warn);

// Limiters that keep time by `clock`, which outlives them.
RateLimiterRegistry BuiltinRateLimiters(const Clock& clock, Random& random, const Warn& warn);

DeviceKinds BuiltinDeviceKinds();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_BUILTINS_H_
