#ifndef TWOFOLD_SERVER_STORE_OPEN_H_
#define TWOFOLD_SERVER_STORE_OPEN_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "crypto/key_source.h"
#include "server/options.h"
#include "server/store/lease.h"
#include "storage/attempt_gate.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// What a server keeps its users in.
struct Stores {
  std::unique_ptr<Storage> storage;
  // As in OpenedStorage.
  bool excludes_others = false;
  std::unique_ptr<RateLimiter> limiter;
  // Refers to the storage and the limiter.
  std::unique_ptr<AttemptGate> gate;
  // The limiter keeps its buckets beside the records, and the gate counts and reads in one step.
  bool counts_beside_records = false;
  std::shared_ptr<const KeyRing> ring;
  // Where the ring came from. Null for a ring in memory.
  std::unique_ptr<KeySource> key_source;
  std::string store_id;
  // When the look at the store's marker began.
  StoreLease::Time seen;
  // Made just now; for the log.
  bool new_ring = false;
  bool new_store = false;
};

// Lets OpenStores wait for others and be stopped. Without functions it does neither.
struct StoresPatience {
  // The storage, the limiter or the key ring (`what`) cannot be reached, for the reason `why`. Blocks for a
  // while; true: try again. False: OpenStores returns `why`.
  std::function<bool(absl::string_view what, const absl::Status& why)> wait;
  // Around each try to reach one of them, which may hang for longer than OpenStores may take.
  std::function<void(absl::string_view what)> before_try;
  std::function<void()> after_try;
  // Whether files may be made in the data directory now. False: OpenStores returns CANCELLED.
  std::function<bool()> may_make;
};

// What can be told of the options before anything is reached or made: whether there are such URIs, and
// whether a key ring that is there in a file can be read. Errors are one sentence for operators. Reads files.
absl::Status CheckStores(const Options& options);

// Opens storage, limiter and key ring as the options name them, and makes sure that they belong together. A
// key ring is made only together with a new, empty database in the data directory: anywhere else its absence
// means that it was lost or not mounted, and a new one would lock every user out. A storage in memory has a
// key ring in memory. What is made is made last. Errors are one sentence for operators; UNAVAILABLE: storage
// or limiter cannot be reached. Blocks.
absl::StatusOr<Stores> OpenStores(const Options& options, const Clock& clock, Random& random,
                                  const StoresPatience& patience = {});

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_OPEN_H_
