#ifndef TWOFOLD_SERVER_KEY_RING_RELOAD_H_
#define TWOFOLD_SERVER_KEY_RING_RELOAD_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/key_ring.h"
#include "crypto/key_source.h"
#include "storage/storage.h"

namespace twofold {

// Returns OK if `next` may take the place of `now` in a running server. FAILED_PRECONDITION if a key
// of `next` is not the key that `now` has under the same id.
absl::Status CheckReplaces(const KeyRing& now, const KeyRing& next);

// Returns a sentence for the log about the primary key and about the keys that `next` adds and
// lacks. Returns an empty text if the rings are the same.
std::string DescribeChange(const KeyRing& now, const KeyRing& next);

// Loads the ring of a running server again. Passes it to `use` if it differs from `now` and fits
// the store. Returns what DescribeChange returns. An error means that the server goes on with
// `now`. Blocks.
absl::StatusOr<std::string> ReloadKeyRing(KeySource& source, Storage& storage, const KeyRing& now,
                                          const std::function<void(std::shared_ptr<const KeyRing>)>& use);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_KEY_RING_RELOAD_H_
