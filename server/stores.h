#ifndef TWOFOLD_SERVER_STORES_H_
#define TWOFOLD_SERVER_STORES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "server/engine/store_lease.h"
#include "server/options.h"
#include "storage/metered_reads.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"

namespace twofold {

// What a server keeps its users in.
struct Stores {
  std::unique_ptr<Storage> storage;
  // The storage's own limiter, where it has one and the options name the same place; else null.
  MeteredReads* metered_reads = nullptr;
  // Null where the storage's own is used.
  std::unique_ptr<RateLimiter> other_limiter;
  std::unique_ptr<KeyRing> ring;
  std::string store_id;
  // When the look at the store's marker began.
  StoreLease::Time seen;
  // Made just now; for the log.
  bool new_ring = false;
  bool new_store = false;

  RateLimiter& limiter() const {
    return metered_reads != nullptr ? static_cast<RateLimiter&>(*metered_reads) : *other_limiter;
  }
};

// Opens storage, limiter and key ring as the options name them, and makes sure that they belong together. A
// key ring is made only together with a new, empty database in the data directory: anywhere else its absence
// means that it was lost or not mounted, and a new one would lock every user out. Errors are one sentence for
// operators. Blocks.
absl::StatusOr<Stores> OpenStores(const Options& options, const Clock& clock, Random& random);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORES_H_
