#ifndef TWOFOLD_SERVER_STORE_MIGRATE_MOVE_PLAN_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_MOVE_PLAN_H_

#include "absl/status/statusor.h"
#include "storage/storage.h"
#include "twofold/internal/v1/store.pb.h"

// What a move does next, decided from the two stores' markers alone: they are all that survives a move that
// was interrupted. Pure functions.
//
// The order of marks (docs/adr/0005-migration-order-and-lease.md): the source is marked as moving, the target
// as filling, records are copied and verified, the source is marked as complete, and last the target gets its
// own marker. At no point may both be served, and a source that is not complete has no target that was ever
// served.

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

enum class MoveStep {
  // Mark the source with a new move, then fill the target from nothing.
  kBegin,
  // The target belongs to the move that the source names: go on.
  kResume,
  // Both stores say that everything is done.
  kNothingLeft,
};

// FAILED_PRECONDITION, in a sentence for operators, when the source may not be copied from or the target
// holds something else. `overwrite`: what the target holds may be removed.
absl::StatusOr<MoveStep> PlanMove(const StoreState& source, const StoreState& target, bool overwrite);

// OK when a source may be served again although its move was begun. FAILED_PRECONDITION when there is no
// move, or when it is complete and `even_complete` is false: its target may have been served since.
absl::Status PlanAbandon(const StoreState& source, bool even_complete);

// Markers of the stages, made from the source's as it was before the move.
internal::v1::StoreMarker MovingSource(internal::v1::StoreMarker marker, const std::string& move_id,
                                       const std::string& moved_to);
internal::v1::StoreMarker FillingTarget(internal::v1::StoreMarker source);
internal::v1::StoreMarker CompleteSource(internal::v1::StoreMarker source);
internal::v1::StoreMarker ServedStore(internal::v1::StoreMarker marker);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_MOVE_PLAN_H_
