#include "storage/cursor.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

TEST(Cursor, ComesBackToItsKey) {
  const std::string keys[] = {"a", std::string("\0", 1), std::string("t\0u\xff", 4), std::string(512, '\xfe'),
                              "k1-"};
  for (const std::string& key : keys) EXPECT_EQ(KeyBefore(CursorAfter(key)).value(), key);
  EXPECT_EQ(KeyBefore("").value(), "");
}

TEST(Cursor, RefusesAForeignCursor) {
  const std::string cursors[] = {"a",
                                 "k1-",
                                 "k1-!",
                                 "k1-YQ==",
                                 "k1-YQ ",
                                 " k1-YQ",
                                 "k2-YQ",
                                 "k1-YQ\n",
                                 "k1-YR",
                                 "YQ",
                                 std::string("k1-YQ\0", 6),
                                 CursorAfter(std::string(513, 'a'))};
  for (const std::string& cursor : cursors) {
    EXPECT_EQ(KeyBefore(cursor).status().code(), absl::StatusCode::kInvalidArgument) << cursor;
  }
}

}  // namespace
}  // namespace twofold
