#include "crypto/associated_data.h"

#include <set>

#include "gtest/gtest.h"

namespace twofold {
namespace {

using absl::string_view;

TEST(LengthPrefixed, WritesEachFieldAfterItsLength) {
  EXPECT_EQ(LengthPrefixed({"ab", ""}), std::string("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\0", 18));
  EXPECT_EQ(LengthPrefixed({}), "");
}

TEST(LengthPrefixed, T31_DifferentFieldsNeverGiveTheSameText) {
  const string_view zeros("\0\0\0\0\0\0\0\0", 8);
  const string_view one("\0\0\0\0\0\0\0\1", 8);
  const std::string inner = LengthPrefixed({"a", "b"});
  const std::string joined[] = {
      LengthPrefixed({}),          LengthPrefixed({""}),          LengthPrefixed({"", ""}),
      LengthPrefixed({"ab", "c"}), LengthPrefixed({"a", "bc"}),   LengthPrefixed({"abc"}),
      LengthPrefixed({"abc", ""}), LengthPrefixed({"", "abc"}),   LengthPrefixed({"a", "b", "c"}),
      LengthPrefixed({zeros}),     LengthPrefixed({zeros, ""}),   LengthPrefixed({"", zeros}),
      LengthPrefixed({one}),       LengthPrefixed({inner}),       LengthPrefixed({"a", "b"}),
      LengthPrefixed({inner, ""}), LengthPrefixed({"", inner}),   LengthPrefixed({std::string(256, 'a')}),
      LengthPrefixed({"user:a"}),  LengthPrefixed({"user", "a"}), LengthPrefixed({"user:", "a"}),
  };
  EXPECT_EQ(std::set<std::string>(std::begin(joined), std::end(joined)).size(), std::size(joined));
}

}  // namespace
}  // namespace twofold
