#ifndef TWOFOLD_SERVER_STORE_MARKER_H_
#define TWOFOLD_SERVER_STORE_MARKER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/task.h"
#include "crypto/key_ring.h"
#include "storage/opened_storage.h"
#include "storage/storage.h"
#include "twofold/internal/v1/store.pb.h"

// A reserved record that identifies the store. A server that has seen it and misses it would take an emptied
// or wrong store for users without second factors; it must stop instead.

namespace twofold {

struct StoreIdentity {
  std::string store_id;
  // The marker was written just now, into an empty store.
  bool is_new = false;
};

// Whether a Get of the marker found none: in a store that is new, or was emptied.
bool IsMissing(const absl::Status& status);

// Whether anything is stored there, the marker included.
Task<absl::StatusOr<bool>> HoldsRecords(Storage& storage);

// Reads the marker, or writes a new one into an empty store. Runs `prepare` as opened_storage.h says.
// FAILED_PRECONDITION, in a sentence for operators: the store holds records but no marker, was migrated
// elsewhere, is the target of a migration that is not complete, belongs to another key ring or to a newer
// release. UNAVAILABLE: not reachable.
Task<absl::StatusOr<StoreIdentity>> OpenStore(Storage& storage, const KeyRing& ring, const Clock& clock,
                                              Random& random, PrepareStorage prepare = nullptr);

// OK while the store is still the one called `store_id` and may be served; FAILED_PRECONDITION, for
// operators, when it is not; the storage's error when that is not known.
Task<absl::Status> CheckStore(Storage& storage, const std::string& store_id);

// OK if the store's marker opens under `ring`, so that the ring may be used with this store.
// FAILED_PRECONDITION, in a sentence for operators, if it does not. UNAVAILABLE: that is not known.
Task<absl::Status> CheckKeyRing(Storage& storage, const KeyRing& ring);

// Seals the check value of the store's marker again if another key than the primary sealed it. Returns
// the id of the key that seals it now. With `dry_run` it writes nothing. ABORTED and UNKNOWN: try again.
// FAILED_PRECONDITION, for operators: the store must not be served, or its marker does not open. Other
// errors are the storage's.
Task<absl::StatusOr<uint32_t>> SealMarkerAgain(Storage& storage, const KeyRing& ring, Random& random,
                                               bool dry_run);

// Keeps `rp_id`, for which security keys are registered from now on, in the store's marker. Returns the
// one that was kept before, which is empty in a new store. The error is that of the storage, or ABORTED
// where somebody else wrote the marker.
Task<absl::StatusOr<std::string>> SwapRelyingPartyId(Storage& storage, Random& random, std::string rp_id);

// FAILED_PRECONDITION when `bytes` are no marker, or that of a newer release.
absl::StatusOr<internal::v1::StoreMarker> ParseMarker(const std::string& bytes);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MARKER_H_
