#include "server/store/migrate/move_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

using internal::v1::StoreMarker;

absl::Status Refuse(absl::string_view why) { return absl::FailedPreconditionError(why); }

absl::Status CheckIsStore(const StoreState& source) {
  if (source.has_marker) return absl::OkStatus();
  return source.holds_records ? Refuse(
                                    "the source holds records but no marker: it is not a store of this "
                                    "service, or was damaged")
                              : Refuse("the source is empty: there is nothing to copy");
}

// Versions of records are drawn at random, so two stores do not have the same one for different markers.
bool AreOneStore(const StoreState& source, const StoreState& target) {
  return source.has_marker && target.has_marker && source.version == target.version &&
         source.marker.store_id() == target.marker.store_id();
}

bool BelongToOneMove(const StoreMarker& source, const StoreState& target) {
  return target.has_marker && !source.moved_to().empty() && !source.move_id().empty() &&
         target.marker.move_id() == source.move_id() && target.marker.store_id() == source.store_id();
}

absl::Status RefuseTarget(const StoreState& target) {
  constexpr absl::string_view kWayOut = "name an empty one, or say --overwrite, which removes what it holds";
  if (!target.has_marker) return Refuse(absl::StrCat("the target is not empty; ", kWayOut));
  if (target.marker.filling()) {
    return Refuse(absl::StrCat("the target is not empty: it was begun by another copy; ", kWayOut));
  }
  return Refuse(
      absl::StrCat("the target is not empty: it is store ", target.marker.store_id(), "; ", kWayOut));
}

}  // namespace

absl::StatusOr<MoveStep> PlanMove(const StoreState& source, const StoreState& target, bool overwrite) {
  TWOFOLD_RETURN_IF_ERROR(CheckIsStore(source));
  if (source.marker.filling()) {
    return Refuse("the source is itself the target of a copy that is not complete: finish that first");
  }
  if (AreOneStore(source, target)) {
    return Refuse("source and target are the same store, or one is a plain copy of the other's files");
  }
  if (BelongToOneMove(source.marker, target)) {
    if (target.marker.filling()) return MoveStep::kResume;
    if (source.marker.move_complete()) return MoveStep::kNothingLeft;
  }
  // What the source holds is old: codes were used at the target since.
  if (source.marker.move_complete()) {
    return Refuse(
        absl::StrCat("the source was moved to ", source.marker.moved_to(), " already: copy from there"));
  }
  if (target.holds_records && !overwrite) return RefuseTarget(target);
  return MoveStep::kBegin;
}

absl::Status PlanAbandon(const StoreState& source, bool even_complete) {
  TWOFOLD_RETURN_IF_ERROR(CheckIsStore(source));
  if (source.marker.moved_to().empty()) return Refuse("the store is not being moved: nothing was changed");
  if (!source.marker.move_complete() || even_complete) return absl::OkStatus();
  return Refuse(absl::StrCat("the move to ", source.marker.moved_to(),
                             " is complete and may have been served since: copy back from there"));
}

StoreMarker MovingSource(StoreMarker marker, const std::string& move_id, const std::string& moved_to) {
  marker.set_move_id(move_id);
  marker.set_moved_to(moved_to);
  marker.set_move_complete(false);
  return marker;
}

StoreMarker FillingTarget(StoreMarker source) {
  StoreMarker marker = ServedStore(std::move(source));
  marker.set_filling(true);
  return marker;
}

StoreMarker CompleteSource(StoreMarker source) {
  source.set_move_complete(true);
  return source;
}

// The store keeps its id: it is the same store in another place, and the check of the key ring is sealed for
// that id, so that no copy needs the keys.
StoreMarker ServedStore(StoreMarker marker) {
  marker.clear_moved_to();
  marker.clear_move_complete();
  marker.clear_filling();
  return marker;
}

}  // namespace twofold
