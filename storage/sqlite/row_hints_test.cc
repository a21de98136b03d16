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

// The one that came last has the slot; which is wrong for the other, and then found to be so.
TEST(RowHints, ForgetsWhereKeysShareASlot) {
  RowHints hints(1);
  hints.Store("one", 1);
  hints.Store("two", 2);
  EXPECT_EQ(hints.Find("one"), 0);
  EXPECT_EQ(hints.Find("two"), 2);
}

TEST(RowHints, HoldsAsManyAsItHasSlotsForTheMostPart) {
  constexpr int kKeys = 1000;
  RowHints hints(4096);
  for (int i = 1; i <= kKeys; ++i) hints.Store(std::to_string(i), i);
  int found = 0;
  for (int i = 1; i <= kKeys; ++i) {
    const int64_t row = hints.Find(std::to_string(i));
    EXPECT_TRUE(row == 0 || row == i);
    found += row == i ? 1 : 0;
  }
  EXPECT_GT(found, kKeys * 3 / 4);
}

}  // namespace
}  // namespace twofold
