#include "crypto/webauthn/cbor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

#include "common/hex.h"

namespace twofold {
namespace {

constexpr int kDepth = 4;

absl::Status ReadHex(absl::string_view hex) {
  const std::string bytes = BytesOfHex(hex);
  CborReader reader(bytes);
  const absl::Status read = reader.Skip(kDepth);
  return read.ok() ? reader.Finish() : read;
}

TEST(Cbor, TakesTheCanonicalForm) {
  for (const char* hex : {
           "00",
           "17",
           "1818",
           "18ff",
           "190100",
           "19ffff",
           "1a00010000",
           "1b0000000100000000",
           "1bffffffffffffffff",
           "20",
           "37",
           "3818",
           "3bffffffffffffffff",  //
           "40",
           "4401020304",
           "60",
           "6161",
           "62c3bc",
           "f4",
           "f5",
           "f6",  //
           "80",
           "83010203",
           "8401820203820405a0",
           "a0",
           "a201020304",
           "a26161016162820203",
           // Integers before texts, the positive before the negative, the short before the long.
           "a50101182001200161610162616101",
           "a2186401190100f5",
           // Four levels.
           "8181818101",
           "81818180",
           "a101a101a101a0",
       }) {
    EXPECT_TRUE(ReadHex(hex).ok()) << hex << ": " << ReadHex(hex);
  }
}

TEST(Cbor, RefusesEverythingElse) {
  for (const char* hex : {
           // Nothing, more than one item, and what is cut off.
           "",
           "0000",
           "a000",
           "18",
           "19ff",
           "1a000000",
           "1b00000000000000",
           "41",
           "6261",
           "81",
           "a101",
           "a1",
           // Not the shortest form.
           "1800",
           "1817",
           "190000",
           "1900ff",
           "1a0000ffff",
           "1b00000000ffffffff",
           "3800",
           "5800",
           "7800",
           "9800",
           "b800",
           "a1180001",
           // Indefinite lengths and reserved heads.
           "5f4100ff",
           "7f6161ff",
           "9f01ff",
           "bf0101ff",
           "ff",
           "1c",
           "1d",
           "1e",
           "1f",
           "5c",
           "fc",
           // Tags, floats and other simple values.
           "c000",
           "81c0",
           "a101c0",
           "c11a00000000",
           "d818456449455446",
           "f90000",
           "fa00000000",
           "fb0000000000000000",
           "f7",
           "e0",
           "f3",
           "f820",
           "f8ff",
           "f818",
           // Text that is not UTF-8.
           "61ff",
           "62c328",
           "64f0288cbc",
           "63eda080",
           // Keys that come twice, are out of order, or are neither integers nor texts.
           "a201000100",
           "a202000100",
           "a220000000",
           "a26162006161",
           "a262616100616100",
           "a26161006161f5",
           "a1410000",
           "a1f500",
           "a18000",
           "a1a000",
           // Five levels.
           "818181818101",
           "8181818180",
           "a101a101a101a101a0",
       }) {
    EXPECT_EQ(ReadHex(hex).code(), absl::StatusCode::kInvalidArgument) << hex;
  }
}

TEST(Cbor, ALengthThatIsLargerThanTheRestCostsNothing) {
  rusage before{};
  ASSERT_EQ(getrusage(RUSAGE_SELF, &before), 0);
  for (const char* hex :
       {"9a01000000", "9a08000000", "ba08000000", "5a7fffffff", "7a7fffffff", "9bffffffffffffffff",
        "bbffffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff", "bb8000000000000001",
        "a161619a08000000", "a161615bffffffffffffffff"}) {
    EXPECT_EQ(ReadHex(hex).message(), "CBOR has a length that is larger than the rest") << hex;
  }
  rusage after{};
  ASSERT_EQ(getrusage(RUSAGE_SELF, &after), 0);
  // In KiB. The largest of these lengths would need a gibibyte and more.
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 << 10);
}

TEST(Cbor, TakesItemsByType) {
  const std::string bytes = BytesOfHex("a200204201026161");
  CborReader reader(bytes);
  EXPECT_EQ(reader.TakeMap().value_or(0), 2U);
  EXPECT_EQ(reader.TakeInteger().value_or(7), 0);
  EXPECT_EQ(reader.TakeInteger().value_or(7), -1);
  EXPECT_EQ(reader.TakeBytes().value_or(""), "\x01\x02");
  EXPECT_FALSE(reader.Finish().ok());
  EXPECT_EQ(reader.TakeText().value_or(""), "a");
  EXPECT_TRUE(reader.Finish().ok());
}

TEST(Cbor, RefusesItemsOfAnotherType) {
  const auto refused = [](absl::string_view hex, auto take) {
    const std::string bytes = BytesOfHex(hex);
    CborReader reader(bytes);
    return take(reader).code() == absl::StatusCode::kInvalidArgument;
  };
  const auto integer = [](CborReader& reader) { return reader.TakeInteger().status(); };
  const auto bytes = [](CborReader& reader) { return reader.TakeBytes().status(); };
  const auto text = [](CborReader& reader) { return reader.TakeText().status(); };
  const auto map = [](CborReader& reader) { return reader.TakeMap().status(); };
  const auto skip_map = [](CborReader& reader) { return reader.SkipMap(kDepth); };
  for (const char* hex : {"40", "60", "80", "a0", "f5", "1b8000000000000000", "3b8000000000000000"})
    EXPECT_TRUE(refused(hex, integer)) << hex;
  for (const char* hex : {"01", "60", "80", "a0", "f5"}) EXPECT_TRUE(refused(hex, bytes)) << hex;
  for (const char* hex : {"01", "40", "80", "a0", "f5"}) EXPECT_TRUE(refused(hex, text)) << hex;
  for (const char* hex : {"01", "40", "60", "80", "f5"}) {
    EXPECT_TRUE(refused(hex, map)) << hex;
    EXPECT_TRUE(refused(hex, skip_map)) << hex;
  }
}

}  // namespace
}  // namespace twofold
