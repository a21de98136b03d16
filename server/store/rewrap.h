#ifndef TWOFOLD_SERVER_STORE_REWRAP_H_
#define TWOFOLD_SERVER_STORE_REWRAP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/task.h"
#include "crypto/key_ring.h"
#include "server/methods/authenticator.h"
#include "server/rules/limits.h"
#include "server/store/lease.h"
#include "storage/storage.h"

namespace twofold {

// What a run has seen and done so far.
struct RewrapTotals {
  int64_t subjects_done = 0;
  // The number of subjects at the beginning.
  int64_t subjects_total = 0;
  // The number of secrets that this run sealed again.
  int64_t rewrapped = 0;
  // The number of secrets that did not open, and of records that cannot be read. They stay as they
  // are.
  int64_t unreadable = 0;
  // The number of records that a newer release wrote. They stay as they are, and `secrets_of_key`
  // does not count what is in them.
  int64_t newer_records = 0;
  // What each key seals now. It counts the secrets of methods, the check value of the store's
  // marker, and the remembered requests, which a server forgets after Limits::request_id_ttl_ms. A
  // record that is written during the run may be counted twice.
  std::map<uint32_t, int64_t> secrets_of_key;
};

struct RewrapSettings {
  // Counts, and writes nothing.
  bool dry_run = false;
  absl::Duration report_every = absl::Seconds(1);
};

// What a run works with. Everything outlives the run.
struct RewrapParts {
  Storage& storage;
  const StoreLease& lease;
  // Returns the key ring that calls use now. It may change during the run.
  std::function<std::shared_ptr<const KeyRing>()> ring;
  const Authenticators& authenticators;
  const Limits& limits;
  const Clock& clock;
  Random& random;
};

// Gets the totals about once in RewrapSettings::report_every. The run stops if it returns false.
using RewrapProgress = std::function<Task<bool>(const RewrapTotals&)>;

// Seals again under the primary key what an older key sealed: the secrets of all methods, and first
// of all the check value of the store's marker. A server whose key ring lacks the primary key then
// notices before it meets a secret that it cannot open.
//
// Each record is written by compare-and-swap, and nothing but the seals changes in it. The run
// works on one page of records at a time, and other work of the executor runs in between.
//
// CANCELLED: `progress` returned false, or the caller's token expired. UNAVAILABLE: the storage
// failed, or the lease does not hold. FAILED_PRECONDITION: the store must not be served, or its
// marker does not open. What was sealed again until then stays so.
Task<absl::StatusOr<RewrapTotals>> Rewrap(const RewrapParts& parts, RewrapSettings settings,
                                          RewrapProgress progress);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_REWRAP_H_
