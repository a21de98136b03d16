#ifndef TWOFOLD_SERVER_STORE_MIGRATE_COPY_RECORDS_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_COPY_RECORDS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random.h"
#include "server/store/migrate/migration_side.h"

namespace twofold {

using CountProgress = std::function<void(int64_t done)>;

// Writes every record of the source but the marker to the target. Returns how many it wrote, without those
// that were there with the same bytes. Ends with ABORTED as soon as the target's marker is not the one that
// `to` knows. Blocks.
absl::StatusOr<int64_t> CopyRecords(MigrationSide& from, MigrationSide& to, Random& random,
                                    const CountProgress& progress);

// Removes every record but the marker from the target that the source does not have. Returns how many it
// removed. Blocks.
absl::StatusOr<int64_t> RemoveOthers(MigrationSide& from, MigrationSide& to);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_COPY_RECORDS_H_
