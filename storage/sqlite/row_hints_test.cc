#include "storage/sqlite/row_hints.h"

#include <gtest/gtest.h>

#include <string>

namespace twofold {
namespace {

TEST(RowHints, GivesTheRowThatWasStoredLast) {
  RowHints hints(1024);
  EXPECT_EQ(hints.Find("key"), 0);
  hints.Store("key", 7);
  EXPECT_EQ(hints.Find("key"), 7);
  EXPECT_EQ(hints.Find("other"), 0);
  hints.Store("key", int64_t{1} << 39);
  EXPECT_EQ(hints.Find("key"), int64_t{1} << 39);
}

TEST(RowHints, KeepsNoRowThatIsTooLarge) {
  RowHints hints(1024);
  hints.Store("key", 7);
  hints.Store("key", int64_t{1} << 40);
  hints.Store("key", -1);
  EXPECT_EQ(hints.Find("key"), 7);
}

// The one that came last has a slot; a hint that went is a search, no error.
TEST(RowHints, GivesUpAnotherWhereThereIsNoRoom) {
  RowHints hints(8);
  for (int i = 1; i <= 100; ++i) {
    hints.Store(std::to_string(i), i);
    EXPECT_EQ(hints.Find(std::to_string(i)), i);
  }
}

TEST(RowHints, GivesUpNoneForWhatNobodyAskedFor) {
  RowHints hints(8);
  for (int i = 1; i <= 8; ++i) hints.StoreIfFree(std::to_string(i), i);
  hints.StoreIfFree("another", 9);
  EXPECT_EQ(hints.Find("another"), 0);
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(hints.Find(std::to_string(i)), i);
  hints.StoreIfFree("3", 33);
  EXPECT_EQ(hints.Find("3"), 33);
}

TEST(RowHints, AKeyStoredAgainAndAgainTakesOneSlot) {
  RowHints hints(8);
  for (int i = 1; i <= 8; ++i) hints.Store(std::to_string(i), i);
  for (int i = 1; i <= 100; ++i) hints.Store("8", i);
  for (int i = 1; i <= 7; ++i) EXPECT_EQ(hints.Find(std::to_string(i)), i);
}

// One slot for each key would hold 63 of 100.
TEST(RowHints, HoldsSixOfSevenOfAsManyAsItHasSlots) {
  constexpr int kKeys = 1 << 14;
  RowHints hints(kKeys);
  for (int i = 1; i <= kKeys; ++i) hints.Store(std::to_string(i), i);
  int found = 0;
  for (int i = 1; i <= kKeys; ++i) {
    const int64_t row = hints.Find(std::to_string(i));
    EXPECT_TRUE(row == 0 || row == i);
    found += row == i ? 1 : 0;
  }
  EXPECT_GT(found, kKeys * 5 / 6);
}

}  // namespace
}  // namespace twofold
