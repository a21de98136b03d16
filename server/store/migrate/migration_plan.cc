#include "server/store/migrate/migration_plan.h"

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
                              : Refuse("the source is empty: there is nothing to migrate");
}

// Versions of records are drawn at random, so two stores do not have the same one for different markers.
bool AreOneStore(const StoreState& source, const StoreState& target) {
  return source.has_marker && target.has_marker && source.version == target.version &&
         source.marker.store_id() == target.marker.store_id();
}

bool BelongToOneMigration(const StoreMarker& source, const StoreState& target) {
  return target.has_marker && !source.migrated_to().empty() && !source.migration_id().empty() &&
         target.marker.migration_id() == source.migration_id() &&
         target.marker.store_id() == source.store_id();
}

absl::Status RefuseTarget(const StoreState& target) {
  constexpr absl::string_view kRemedy = "name an empty one, or say --overwrite, which removes what it holds";
  if (!target.has_marker) return Refuse(absl::StrCat("the target is not empty; ", kRemedy));
  if (target.marker.filling()) {
    return Refuse(absl::StrCat("the target is not empty: it was begun by another migration; ", kRemedy));
  }
  return Refuse(
      absl::StrCat("the target is not empty: it is store ", target.marker.store_id(), "; ", kRemedy));
}

}  // namespace

absl::StatusOr<MigrationStep> PlanMigration(const StoreState& source, const StoreState& target,
                                            bool overwrite) {
  TWOFOLD_RETURN_IF_ERROR(CheckIsStore(source));
  if (source.marker.filling()) {
    return Refuse("the source is itself the target of a migration that is not complete: finish that first");
  }
  if (AreOneStore(source, target)) {
    return Refuse("source and target are the same store, or one is a plain copy of the other's files");
  }
  if (BelongToOneMigration(source.marker, target)) {
    if (target.marker.filling()) return MigrationStep::kResume;
    if (source.marker.migration_complete()) return MigrationStep::kNothingLeft;
  }
  // What the source holds is old: codes were used at the target since.
  if (source.marker.migration_complete()) {
    return Refuse(absl::StrCat("the source was migrated to ", source.marker.migrated_to(),
                               " already: migrate from there"));
  }
  if (target.holds_records && !overwrite) return RefuseTarget(target);
  return MigrationStep::kBegin;
}

absl::Status PlanAbandon(const StoreState& source, bool even_complete) {
  TWOFOLD_RETURN_IF_ERROR(CheckIsStore(source));
  if (source.marker.migrated_to().empty())
    return Refuse("the store is not being migrated: nothing was changed");
  if (!source.marker.migration_complete() || even_complete) return absl::OkStatus();
  return Refuse(absl::StrCat("the migration to ", source.marker.migrated_to(),
                             " is complete and may have been served since: migrate back from there"));
}

StoreMarker MigratingSource(StoreMarker marker, const std::string& migration_id,
                            const std::string& migrated_to) {
  marker.set_migration_id(migration_id);
  marker.set_migrated_to(migrated_to);
  marker.set_migration_complete(false);
  return marker;
}

StoreMarker FillingTarget(StoreMarker source) {
  StoreMarker marker = ServedStore(std::move(source));
  marker.set_filling(true);
  return marker;
}

StoreMarker CompleteSource(StoreMarker source) {
  source.set_migration_complete(true);
  return source;
}

// The store keeps its id: it is the same store in another place, and the check of the key ring is sealed for
// that id, so that no migration needs the keys.
StoreMarker ServedStore(StoreMarker marker) {
  marker.clear_migrated_to();
  marker.clear_migration_complete();
  marker.clear_filling();
  return marker;
}

}  // namespace twofold
