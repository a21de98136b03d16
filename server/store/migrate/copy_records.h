#ifndef TWOFOLD_SERVER_STORE_MIGRATE_COPY_RECORDS_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_COPY_RECORDS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random.h"
#include "server/store/migrate/move_marks.h"

namespace twofold {

using CountProgress = std::function<void(int64_t done)>;

// Gives the target every record of the source but the marker; returns how many were written, as against those
// that were there with the same bytes. Ends with ABORTED as soon as the target's marker is not the one that
// `to` knows. Blocks.
absl::StatusOr<int64_t> CopyRecords(MoveSide& from, MoveSide& to, Random& random,
                                    const CountProgress& progress);

// Removes every record of the target, but the marker, that the source does not have; returns how many.
// Blocks.
absl::StatusOr<int64_t> RemoveOthers(MoveSide& from, MoveSide& to);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_COPY_RECORDS_H_
