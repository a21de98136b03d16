#include "common/hex.h"

#include <gtest/gtest.h>

namespace twofold {
namespace {

TEST(HexTest, PairsOfDigitsAreBytes) {
  EXPECT_EQ(BytesOfHex("00fF9aA0"), std::string("\0\xff\x9a\xa0", 4));
  EXPECT_EQ(BytesOfHex(""), "");
}

TEST(HexTest, AnythingElseIsNone) {
  for (const char* text : {"0", "000", "0g", "g0", "0x00", " 00", "-1", "/0", ":0", "@0", "`0"}) {
    EXPECT_EQ(BytesOfHex(text), "") << text;
  }
}

}  // namespace
}  // namespace twofold
