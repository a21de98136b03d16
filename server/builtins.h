#ifndef TWOFOLD_SERVER_BUILTINS_H_
#define TWOFOLD_SERVER_BUILTINS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_source.h"
#include "server/delivery/carrier.h"
#include "server/methods/authenticator.h"
#include "server/methods/sent_code/sent_code.h"
#include "server/methods/webauthn/relying_party.h"
#include "storage/registry.h"

// The backends and the types of methods in this build of the server. A new one is a line in builtins.cc,
// which is the only file that names concrete ones.

namespace twofold {

// Gets a sentence for operators, at any time and on any thread.
using Warn = std::function<void(const std::string&)>;

StorageRegistry BuiltinStorages(const Warn& warn);

// The URI of the storage that a server uses by default, below `folder`.
std::string DefaultStorage(absl::string_view folder);

// The URI of the limiter that a server with this storage uses by default. It is the storage's own URI if
// that can be a limiter too.
std::string DefaultRateLimiter(const std::string& storage);

struct BackupReport {
  int64_t records = 0;
  // Of the file.
  int64_t bytes = 0;
};

// Writes a snapshot of the storage at `uri` into the new file `to`. A server may use the storage meanwhile.
// `progress` gets the work done and the whole work, in units of the backend. Blocks. INVALID_ARGUMENT: the
// URI's backend has no such backups. Other errors are the backend's, for operators.
absl::StatusOr<BackupReport> BackUpStorage(absl::string_view uri, const std::string& to,
                                           const std::function<void(int64_t, int64_t)>& progress);

// Limiters that keep time by `clock`, which outlives them.
RateLimiterRegistry BuiltinRateLimiters(const Clock& clock, Random& random, const Warn& warn);

// What a program must know of a source of keys before it opens one.
struct KeySourceTraits {
  // Load waits for another machine.
  bool remote = false;
};

using KeySourceRegistry = BackendRegistry<std::unique_ptr<KeySource>, KeySourceTraits>;

// Sources of key rings. Opening one reaches nothing.
KeySourceRegistry BuiltinKeySources();

// Carriers of sent codes, which take the time of day from `clock`. It outlives them.
CarrierRegistry BuiltinCarriers(const Clock& clock = SystemClock());

struct MethodSettings {
  // Shown in apps where a request names none, and in messages.
  std::string issuer;
  RelyingParty relying_party = {};
  // Their issuer is the one above.
  SentCodeSettings sms = {};
  SentCodeSettings email = {};
};

// The types of methods, of which the first that takes what was presented stands in for an unknown user's.
Authenticators BuiltinAuthenticators(MethodSettings settings);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_BUILTINS_H_
