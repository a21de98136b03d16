#include "crypto/base32.h"

#include <random>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "crypto/bytes.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

struct Vector {
  absl::string_view plain;
  absl::string_view encoded;
};

constexpr Vector kRfc4648[] = {
#include "tests/vectors/rfc4648_base32.inc"
};

std::string WithoutPadding(absl::string_view text) {
  return std::string(text.substr(0, std::min(text.size(), text.find('='))));
}

TEST(Base32, EncodesTheVectorsOfRfc4648WithoutPadding) {
  for (const Vector& vector : kRfc4648) {
    EXPECT_EQ(Base32Encode(AsBytes(vector.plain)), WithoutPadding(vector.encoded));
    EXPECT_EQ(Base32EncodeLower(AsBytes(vector.plain)),
              absl::AsciiStrToLower(WithoutPadding(vector.encoded)));
  }
}

TEST(Base32, DecodesTheVectorsOfRfc4648InEverySpelling) {
  for (const Vector& vector : kRfc4648) {
    const std::string bare = WithoutPadding(vector.encoded);
    for (const std::string& spelling : {std::string(vector.encoded), bare, absl::AsciiStrToLower(bare)}) {
      const absl::StatusOr<SecretBytes> decoded = Base32Decode(spelling);
      ASSERT_TRUE(decoded.ok()) << spelling;
      EXPECT_EQ(decoded->text(), vector.plain);
    }
  }
}

TEST(Base32, IgnoresTheSpacesAndDashesOfPastedSecrets) {
  for (const absl::string_view pasted : {"mzxw 6ytb oi", "MZXW-6YTB-OI", " MZXW 6YTB-OI== ====",
                                         "m-z-x-w-6-y-t-b-o-i-", "MZXW\t6YTB\nOI\r\n"}) {
    EXPECT_EQ(Base32Decode(pasted)->text(), "foobar") << pasted;
  }
}

// Other programs export secrets in these forms.
TEST(Base32, ReadsWhatAuthenticatorAppsTake) {
  for (const absl::string_view exported : {"\xef\xbb\xbfMZXW6YTBOI======", "MZXW6YTBOI=",
                                           "MZXW6YTBOI==========", "MZXW6YTBOJ", "MZXW6YTBOL===="}) {
    EXPECT_EQ(Base32Decode(exported)->text(), "foobar") << exported;
  }
  EXPECT_EQ(Base32Decode("MZXW6YTB========")->text(), "fooba") << "needless padding";
  // The last of these random symbols has a bit too many.
  EXPECT_EQ(Base32Encode(Base32Decode("S46SQCPPTCNPROMHWYBDCTBZXV")->bytes()), "S46SQCPPTCNPROMHWYBDCTBZXU");
}

TEST(Base32, RefusesWhatNoEncodingGives) {
  const std::string refused[] = {
      // These have invalid lengths.
      "A",
      "AAA",
      "AAAAAA",
      "MZXW6YTBO",
      "MZXW6YTBOI A",
      // These have invalid symbols.
      "MZXW0",
      "MZXW1",
      "MZXW8",
      "MZXW9",
      "MZXW6YT!",
      "MZXW6YT\xc3\xa9",
      std::string("MZXW6YT\0", 8),
      "MZXW_6YTB",
      "MZXW+6YTB",
      "MZXW/6YTB",
      "\xef\xbc\xa1MZXW6Y",
      "MZXW6YTB\xef\xbb\xbf",
      "\xef\xbb\xbf\xef\xbb\xbfMZXW6YTB",
      // These have padding before the end.
      "MY==MY==",
      "=MY=====",
  };
  for (const std::string& text : refused) {
    EXPECT_EQ(Base32Decode(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Base32, MessagesHoldNothingOfTheText) {
  for (const absl::string_view text : {"JBSWY3DPEHPK3PXP!", "JBSWY3DPEHPK3PXPA", "JBSWY3DPEHPK3PX=P"}) {
    const absl::Status status = Base32Decode(text).status();
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.message().find("JBSW"), absl::string_view::npos);
  }
}

TEST(Base32, EveryLengthSurvivesTheRoundTrip) {
  constexpr uint32_t kSeed = 4648;
  RecordProperty("seed", kSeed);
  std::mt19937 generator(kSeed);
  for (size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(generator());
    EXPECT_EQ(Base32Decode(Base32Encode(AsBytes(bytes)))->text(), bytes)
        << "seed " << kSeed << " size " << size;
  }
}

}  // namespace
}  // namespace twofold
