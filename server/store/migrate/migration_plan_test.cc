#include "server/store/migrate/migration_plan.h"

#include <string>

#include "gtest/gtest.h"

namespace twofold {
namespace {

using internal::v1::StoreMarker;

StoreMarker Live(const std::string& id = "store") {
  StoreMarker marker;
  marker.set_schema(1);
  marker.set_store_id(id);
  marker.set_key_check("sealed");
  return marker;
}
StoreMarker Migrating() { return MigratingSource(Live(), "migration", "there"); }

StoreState Of(const StoreMarker& marker, Version version) {
  StoreState state;
  state.has_marker = true;
  state.marker = marker;
  state.version = version;
  state.holds_records = true;
  return state;
}
StoreState Source(const StoreMarker& marker) { return Of(marker, 1); }
StoreState Target(const StoreMarker& marker) { return Of(marker, 2); }

StoreState Foreign() {
  StoreState state;
  state.holds_records = true;
  return state;
}

TEST(MigrationPlanTest, MarkersOfTheStages) {
  const StoreMarker migrating = Migrating();
  EXPECT_EQ(migrating.migrated_to(), "there");
  EXPECT_FALSE(migrating.migration_complete());
  const StoreMarker filling = FillingTarget(migrating);
  EXPECT_TRUE(filling.filling());
  EXPECT_EQ(filling.migration_id(), "migration");
  EXPECT_EQ(filling.migrated_to(), "");
  // The key ring's check is sealed for the id.
  EXPECT_EQ(filling.store_id(), "store");
  EXPECT_EQ(filling.key_check(), "sealed");
  EXPECT_TRUE(CompleteSource(migrating).migration_complete());
  const StoreMarker served = ServedStore(filling);
  EXPECT_FALSE(served.filling());
  EXPECT_EQ(served.migration_id(), "migration");
  EXPECT_FALSE(MigratingSource(CompleteSource(migrating), "next", "").migration_complete());
}

TEST(MigrationPlanTest, BeginsIntoWhatIsEmpty) {
  for (const StoreMarker& source : {Live(), Migrating()}) {
    EXPECT_EQ(PlanMigration(Source(source), StoreState(), false).value(), MigrationStep::kBegin);
  }
}

TEST(MigrationPlanTest, WhatIsNotEmptyNeedsOverwrite) {
  for (const StoreMarker& source : {Live(), Migrating()}) {
    for (const StoreState& target :
         {Foreign(), Target(Live("other")), Target(Live()), Target(FillingTarget(Live("other"))),
          Target(FillingTarget(Live())),
          Target(FillingTarget(MigratingSource(Live(), "another migration", "x")))}) {
      EXPECT_FALSE(PlanMigration(Source(source), target, false).ok());
      EXPECT_EQ(PlanMigration(Source(source), target, true).value(), MigrationStep::kBegin);
    }
  }
}

TEST(MigrationPlanTest, GoesOnIntoTheTargetOfTheSameMigration) {
  const StoreState target = Target(FillingTarget(Migrating()));
  for (const bool overwrite : {false, true}) {
    EXPECT_EQ(PlanMigration(Source(Migrating()), target, overwrite).value(), MigrationStep::kResume);
    EXPECT_EQ(PlanMigration(Source(CompleteSource(Migrating())), target, overwrite).value(),
              MigrationStep::kResume);
  }
  // Given up, and served since.
  EXPECT_FALSE(PlanMigration(Source(ServedStore(Migrating())), target, false).ok());
}

TEST(MigrationPlanTest, NothingIsLeftOfACompleteMigration) {
  const StoreState source = Source(CompleteSource(Migrating()));
  const StoreState target = Target(ServedStore(Migrating()));
  EXPECT_EQ(PlanMigration(source, target, false).value(), MigrationStep::kNothingLeft);
  EXPECT_EQ(PlanMigration(source, target, true).value(), MigrationStep::kNothingLeft);
}

TEST(MigrationPlanTest, ACompleteSourceIsNeverMigratedAnywhereElse) {
  const StoreState source = Source(CompleteSource(Migrating()));
  for (const StoreState& target :
       {StoreState(), Foreign(), Target(Live()), Target(Live("other")),
        Target(FillingTarget(MigratingSource(Live(), "another migration", "x")))}) {
    EXPECT_FALSE(PlanMigration(source, target, true).ok());
  }
}

TEST(MigrationPlanTest, SourcesThatAreNone) {
  EXPECT_FALSE(PlanMigration(StoreState(), StoreState(), true).ok());
  EXPECT_FALSE(PlanMigration(Foreign(), StoreState(), true).ok());
  EXPECT_FALSE(PlanMigration(Source(FillingTarget(Migrating())), StoreState(), true).ok());
  EXPECT_FALSE(PlanMigration(Source(Live()), Source(Live()), true).ok());
}

TEST(MigrationPlanTest, GivingUp) {
  EXPECT_FALSE(PlanAbandon(StoreState(), true).ok());
  EXPECT_FALSE(PlanAbandon(Source(Live()), true).ok());
  EXPECT_FALSE(PlanAbandon(Source(FillingTarget(Migrating())), true).ok());
  EXPECT_TRUE(PlanAbandon(Source(Migrating()), false).ok());
  EXPECT_FALSE(PlanAbandon(Source(CompleteSource(Migrating())), false).ok());
  EXPECT_TRUE(PlanAbandon(Source(CompleteSource(Migrating())), true).ok());
}

}  // namespace
}  // namespace twofold
