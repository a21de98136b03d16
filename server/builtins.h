#ifndef TWOFOLD_SERVER_BUILTINS_H_
#define TWOFOLD_SERVER_BUILTINS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

struct BackupReport {
  int64_t records = 0;
  // Of the file.
  int64_t bytes = 0;
};

// Writes what the storage at `uri` holds at one moment into the new file `to`, beside a running server;
// `progress` gets how much of how much is done, in units of the storage's own. Blocks. INVALID_ARGUMENT: a
// URI of no backend that has such backups. Other errors are the backend's, for operators.
absl::StatusOr<BackupReport> BackUpStorage(absl::string_view uri, const std::string& to,
                                           const std::function<void(int64_t, int64_t)>& progress);

// Limiters that keep time by `clock`, which outlives them.
RateLimiterRegistry BuiltinRateLimiters(const Clock& clock, Random& random, const Warn& warn);

DeviceKinds BuiltinDeviceKinds();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_BUILTINS_H_
