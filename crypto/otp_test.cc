#include "crypto/otp.h"

#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/bytes.h"
#include "crypto/hmac.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr absl::string_view kSeed = "12345678901234567890";
const OtpParameters kSixDigits(HashAlgorithm::kSha1, 6);
const OtpParameters kEightDigits(HashAlgorithm::kSha1, 8);

absl::Span<const uint8_t> Key() { return AsBytes(kSeed); }

struct HotpVector {
  int64_t counter;
  absl::string_view code;
};

constexpr HotpVector kRfc4226[] = {
#include "tests/vectors/rfc4226_hotp.inc"
};

struct TotpVector {
  int64_t seconds;
  HashAlgorithm algorithm;
  absl::string_view code;
};

constexpr TotpVector kRfc6238[] = {
#include "tests/vectors/rfc6238_totp.inc"
};

std::string Repeated(size_t size) {
  std::string key;
  while (key.size() < size) key += "1234567890";
  return key.substr(0, size);
}

// The RFC's own way to write the algorithm, for factors that OtpCode refuses.
std::string ReferenceCode(uint64_t factor) {
  uint8_t message[8];
  for (int i = 7; i >= 0; --i, factor >>= 8) message[i] = static_cast<uint8_t>(factor);
  uint8_t digest[20];
  Hmac(HashAlgorithm::kSha1, Key(), message, absl::MakeSpan(digest));
  const int offset = digest[19] & 0xf;
  const uint32_t number = (digest[offset] & 0x7fU) << 24 | digest[offset + 1] << 16 |
                          digest[offset + 2] << 8 | digest[offset + 3];
  const std::string digits = absl::StrCat(number % 1000000);
  return std::string(6 - digits.size(), '0') + digits;
}

TEST(OtpCode, GivesTheVectorsOfRfc4226) {
  for (const HotpVector& vector : kRfc4226)
    EXPECT_EQ(ComputeOtp(Key(), kSixDigits, vector.counter), vector.code);
}

TEST(OtpCode, GivesTheVectorsOfRfc6238) {
  for (const TotpVector& vector : kRfc6238) {
    const std::string key = Repeated(DigestSize(vector.algorithm));
    const int64_t step = TimeStep(vector.seconds * kMillisPerSecond, 30);
    EXPECT_EQ(ComputeOtp(AsBytes(key), OtpParameters(vector.algorithm, 8), step), vector.code);
    EXPECT_EQ(FindOtp(AsBytes(key), OtpParameters(vector.algorithm, 8), step - 1, 3, vector.code), step);
  }
}

TEST(OtpCode, IsEmptyForWhatHasNoCode) {
  EXPECT_EQ(ComputeOtp(Key(), OtpParameters(HashAlgorithm::kSha1, 5), 0), "");
  EXPECT_EQ(ComputeOtp(Key(), OtpParameters(HashAlgorithm::kSha1, 9), 0), "");
  EXPECT_EQ(ComputeOtp(Key(), OtpParameters(HashAlgorithm::kSha1, -1), 0), "");
  EXPECT_EQ(ComputeOtp(Key(), kSixDigits, -1), "");
  EXPECT_EQ(ComputeOtp(Key(), kSixDigits, kMin), "");
}

TEST(OtpCode, KeepsLeadingZeros) {
  EXPECT_EQ(ComputeOtp(AsBytes(Repeated(20)), kEightDigits, 1111111109 / 30), "07081804");
}

TEST(TimeStep, RoundsDownOnBothSidesOf1970) {
  struct Case {
    UnixMillis now;
    int period;
    int64_t step;
  };
  const Case cases[] = {
      {0, 30, 0},
      {29999, 30, 0},
      {30000, 30, 1},
      {59999, 30, 1},
      {-1, 30, -1},
      {-30000, 30, -1},
      {-30001, 30, -2},
      {59999, 60, 0},
      {14999, 15, 0},
      {15000, 15, 1},
      {299999, 300, 0},
      {300000, 300, 1},
      {kMax, 1, kMax / 1000},
      {kMin, 1, kMin / 1000 - 1},
  };
  for (const Case& c : cases) EXPECT_EQ(TimeStep(c.now, c.period), c.step) << c.now << " / " << c.period;
}

TEST(FindOtp, FindsEveryPositionOfTheWindowAndNoneOutside) {
  for (int64_t at = 90; at < 131; ++at) {
    const std::string code = ComputeOtp(Key(), kEightDigits, at);
    const std::optional<int64_t> found = FindOtp(Key(), kEightDigits, 100, 21, code);
    if (at >= 100 && at <= 120) {
      EXPECT_EQ(found, at);
    } else {
      EXPECT_EQ(found, std::nullopt) << at;
    }
  }
}

TEST(FindOtp, GivesTheHighestOfTwoMatches) {
  // Two factors at most 10 apart that share a six-digit code; among a million factors there are some.
  std::vector<std::string> codes;
  for (int64_t factor = 0; factor < 1000000; ++factor) {
    codes.push_back(ComputeOtp(Key(), kSixDigits, factor));
    for (int64_t other = std::max<int64_t>(0, factor - 10); other < factor; ++other) {
      if (codes[static_cast<size_t>(other)] != codes.back()) continue;
      EXPECT_EQ(FindOtp(Key(), kSixDigits, other, 11, codes.back()), factor);
      EXPECT_EQ(FindOtp(Key(), kSixDigits, factor - 10, 11, codes.back()), factor);
      EXPECT_EQ(FindOtp(Key(), kSixDigits, other, 1, codes.back()), other);
      return;
    }
  }
  FAIL() << "no two factors share a code";
}

TEST(FindOtp, T28_DoesTheSameWorkForEveryCodeAtEveryPosition) {
  std::vector<std::string> typed = {"",
                                    "0",
                                    "000000",
                                    "00000000",
                                    "abcdef",
                                    std::string(1 << 20, '7'),
                                    std::string("755224\0\0", 8),
                                    "\xff\xfe\xfd\xfc\xfb\xfa"};
  for (int64_t at = 0; at < 15; ++at) typed.push_back(ComputeOtp(Key(), kSixDigits, at));
  for (const int count : {0, 1, 3, 11, 101}) {
    for (const std::string& code : typed) {
      const int64_t before = OtpHmacCount();
      FindOtp(Key(), kSixDigits, 2, count, code);
      EXPECT_EQ(OtpHmacCount() - before, count);
    }
  }
}

TEST(FindOtp, T27_CostsTheSameForFactorsThatCannotMatch) {
  for (const int64_t first : {kMin, int64_t{-5}, int64_t{0}, kMax - 2, kMax}) {
    for (const int digits : {0, 5, 6, 9}) {
      const int64_t before = OtpHmacCount();
      FindOtp(Key(), OtpParameters(HashAlgorithm::kSha1, digits), first, 11, "755224");
      EXPECT_EQ(OtpHmacCount() - before, 11);
    }
  }
}

TEST(FindOtp, T1_MatchesNoOtherSpelling) {
  const std::string code = ComputeOtp(Key(), kSixDigits, 7);
  const std::string spellings[] = {
      code.substr(0, 5),
      code.substr(1),
      code + "0",
      "0" + code,
      code + " ",
      " " + code,
      code + "\n",
      "\t" + code,
      code + std::string(1, '\0'),
      code + std::string(2, '\0'),
      std::string(1, '\0') + code,
      "+" + code,
      "-" + code,
      code + code,
      code.substr(0, 3) + " " + code.substr(3),
      "\xef\xbb\xbf" + code,
      std::string(6, '\0'),
      "",
  };
  for (const std::string& spelling : spellings) {
    EXPECT_EQ(FindOtp(Key(), kSixDigits, 0, 20, spelling), std::nullopt) << spelling;
  }
}

TEST(FindOtp, T36_OtherLengthsAndAlgorithmsDoNotMatch) {
  const std::string six = ComputeOtp(Key(), kSixDigits, 7);
  const std::string eight = ComputeOtp(Key(), kEightDigits, 7);
  ASSERT_EQ(eight.substr(2), six);
  EXPECT_EQ(FindOtp(Key(), kEightDigits, 0, 20, six), std::nullopt);
  EXPECT_EQ(FindOtp(Key(), kSixDigits, 0, 20, eight), std::nullopt);
  EXPECT_EQ(FindOtp(Key(), OtpParameters(HashAlgorithm::kSha1, 7), 0, 20, eight.substr(1)), 7);
  EXPECT_EQ(FindOtp(Key(), OtpParameters(HashAlgorithm::kSha256, 8), 0, 20, eight), std::nullopt);
  EXPECT_EQ(FindOtp(Key(), OtpParameters(HashAlgorithm::kSha512, 8), 0, 20, eight), std::nullopt);
}

TEST(FindOtp, DigitsOutOfRangeNeverMatch) {
  const std::string eight = ComputeOtp(Key(), kEightDigits, 7);
  for (const int digits : {-1, 0, 5, 9, 10, 1000}) {
    EXPECT_EQ(FindOtp(Key(), OtpParameters(HashAlgorithm::kSha1, digits), 7, 1, eight), std::nullopt)
        << digits;
  }
}

TEST(FindOtp, NegativeFactorsNeverMatch) {
  for (int64_t factor = -5; factor < 0; ++factor) {
    EXPECT_EQ(FindOtp(Key(), kSixDigits, -5, 5, ReferenceCode(static_cast<uint64_t>(factor))), std::nullopt);
  }
  EXPECT_EQ(ReferenceCode(0), "755224");
  EXPECT_EQ(FindOtp(Key(), kSixDigits, -5, 11, "755224"), 0);
  EXPECT_EQ(FindOtp(Key(), kSixDigits, kMin, 3, ReferenceCode(uint64_t{1} << 63)), std::nullopt);
}

TEST(FindOtp, T38_StopsAtTheLargestFactor) {
  EXPECT_EQ(FindOtp(Key(), kSixDigits, kMax - 2, 11, ComputeOtp(Key(), kSixDigits, kMax)), kMax);
  EXPECT_EQ(FindOtp(Key(), kSixDigits, kMax, 101, ComputeOtp(Key(), kSixDigits, kMax)), kMax);
  EXPECT_EQ(FindOtp(Key(), kSixDigits, kMax, 2, ReferenceCode(uint64_t{1} << 63)), std::nullopt);
}

}  // namespace
}  // namespace twofold
