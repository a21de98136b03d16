#include "server/store/migrate/move_plan.h"

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
StoreMarker Moving() { return MovingSource(Live(), "move", "there"); }

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

TEST(MovePlanTest, MarkersOfTheStages) {
  const StoreMarker moving = Moving();
  EXPECT_EQ(moving.moved_to(), "there");
  EXPECT_FALSE(moving.move_complete());
  const StoreMarker filling = FillingTarget(moving);
  EXPECT_TRUE(filling.filling());
  EXPECT_EQ(filling.move_id(), "move");
  EXPECT_EQ(filling.moved_to(), "");
  // The key ring's check is sealed for the id.
  EXPECT_EQ(filling.store_id(), "store");
  EXPECT_EQ(filling.key_check(), "sealed");
  EXPECT_TRUE(CompleteSource(moving).move_complete());
  const StoreMarker served = ServedStore(filling);
  EXPECT_FALSE(served.filling());
  EXPECT_EQ(served.move_id(), "move");
  EXPECT_FALSE(MovingSource(CompleteSource(moving), "next", "").move_complete());
}

TEST(MovePlanTest, BeginsIntoWhatIsEmpty) {
  for (const StoreMarker& source : {Live(), Moving()}) {
    EXPECT_EQ(PlanMove(Source(source), StoreState(), false).value(), MoveStep::kBegin);
  }
}

TEST(MovePlanTest, WhatIsNotEmptyNeedsOverwrite) {
  for (const StoreMarker& source : {Live(), Moving()}) {
    for (const StoreState& target :
         {Foreign(), Target(Live("other")), Target(Live()), Target(FillingTarget(Live("other"))),
          Target(FillingTarget(Live())), Target(FillingTarget(MovingSource(Live(), "another move", "x")))}) {
      EXPECT_FALSE(PlanMove(Source(source), target, false).ok());
      EXPECT_EQ(PlanMove(Source(source), target, true).value(), MoveStep::kBegin);
    }
  }
}

TEST(MovePlanTest, GoesOnIntoTheTargetOfTheSameMove) {
  const StoreState target = Target(FillingTarget(Moving()));
  for (const bool overwrite : {false, true}) {
    EXPECT_EQ(PlanMove(Source(Moving()), target, overwrite).value(), MoveStep::kResume);
    EXPECT_EQ(PlanMove(Source(CompleteSource(Moving())), target, overwrite).value(), MoveStep::kResume);
  }
  // Given up, and served since.
  EXPECT_FALSE(PlanMove(Source(ServedStore(Moving())), target, false).ok());
}

TEST(MovePlanTest, NothingIsLeftOfACompleteMove) {
  const StoreState source = Source(CompleteSource(Moving()));
  const StoreState target = Target(ServedStore(Moving()));
  EXPECT_EQ(PlanMove(source, target, false).value(), MoveStep::kNothingLeft);
  EXPECT_EQ(PlanMove(source, target, true).value(), MoveStep::kNothingLeft);
}

TEST(MovePlanTest, ACompleteSourceIsNeverCopiedAnywhereElse) {
  const StoreState source = Source(CompleteSource(Moving()));
  for (const StoreState& target : {StoreState(), Foreign(), Target(Live()), Target(Live("other")),
                                   Target(FillingTarget(MovingSource(Live(), "another move", "x")))}) {
    EXPECT_FALSE(PlanMove(source, target, true).ok());
  }
}

TEST(MovePlanTest, SourcesThatAreNone) {
  EXPECT_FALSE(PlanMove(StoreState(), StoreState(), true).ok());
  EXPECT_FALSE(PlanMove(Foreign(), StoreState(), true).ok());
  EXPECT_FALSE(PlanMove(Source(FillingTarget(Moving())), StoreState(), true).ok());
  EXPECT_FALSE(PlanMove(Source(Live()), Source(Live()), true).ok());
}

TEST(MovePlanTest, GivingUp) {
  EXPECT_FALSE(PlanAbandon(StoreState(), true).ok());
  EXPECT_FALSE(PlanAbandon(Source(Live()), true).ok());
  EXPECT_FALSE(PlanAbandon(Source(FillingTarget(Moving())), true).ok());
  EXPECT_TRUE(PlanAbandon(Source(Moving()), false).ok());
  EXPECT_FALSE(PlanAbandon(Source(CompleteSource(Moving())), false).ok());
  EXPECT_TRUE(PlanAbandon(Source(CompleteSource(Moving())), true).ok());
}

}  // namespace
}  // namespace twofold
