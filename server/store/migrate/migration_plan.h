#ifndef TWOFOLD_SERVER_STORE_MIGRATE_MIGRATION_PLAN_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_MIGRATION_PLAN_H_

#include "absl/status/statusor.h"
#include "storage/storage.h"
#include "twofold/internal/v1/store.pb.h"

// The next step of a migration, decided from the two stores' markers alone, because only they survive an
// interruption. Pure functions.
//
// The order of marks (docs/adr/0005-migration-order-and-lease.md): the source is marked as migrating, the
// target as filling, records are copied and verified, the source is marked as complete, and last the target
// gets its own marker. At no point may both be served, and a source that is not complete has no target that
// was ever served.

namespace twofold {

// One side, as it was read.
struct StoreState {
  bool has_marker = false;
  internal::v1::StoreMarker marker;
  // Of the marker's record.
  Version version = kAbsent;
  // Whether there is any record, the marker included.
  bool holds_records = false;
};

enum class MigrationStep {
  // Mark the source with a new migration, then fill the target from nothing.
  kBegin,
  // The target belongs to the migration that the source names: go on.
  kResume,
  // Both stores say that everything is done.
  kNothingLeft,
};

// FAILED_PRECONDITION, in a sentence for operators, when the source may not be migrated or the target
// holds something else. `overwrite`: what the target holds may be removed.
absl::StatusOr<MigrationStep> PlanMigration(const StoreState& source, const StoreState& target,
                                            bool overwrite);

// OK when a source may be served again although its migration was begun. FAILED_PRECONDITION when there is no
// migration, or when it is complete and `even_complete` is false: its target may have been served since.
absl::Status PlanAbandon(const StoreState& source, bool even_complete);

// Markers of the stages, made from the source's as it was before the migration.
internal::v1::StoreMarker MigratingSource(internal::v1::StoreMarker marker, const std::string& migration_id,
                                          const std::string& migrated_to);
internal::v1::StoreMarker FillingTarget(internal::v1::StoreMarker source);
internal::v1::StoreMarker CompleteSource(internal::v1::StoreMarker source);
internal::v1::StoreMarker ServedStore(internal::v1::StoreMarker marker);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_MIGRATION_PLAN_H_
