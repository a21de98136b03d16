#include "crypto/hmac.h"

#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "common/hex.h"
#include "crypto/bytes.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

struct Vector {
  HashAlgorithm algorithm;
  absl::string_view key;
  absl::string_view data;
  absl::string_view digest;
};

constexpr Vector kVectors[] = {
#include "tests/vectors/rfc2202_rfc4231_hmac.inc"
};

std::string HexHmac(const Vector& vector) {
  std::string digest(DigestSize(vector.algorithm), '\0');
  Hmac(vector.algorithm, AsBytes(BytesOfHex(vector.key)), AsBytes(BytesOfHex(vector.data)),
       absl::MakeSpan(reinterpret_cast<uint8_t*>(digest.data()), digest.size()));
  return absl::BytesToHexString(digest);
}

TEST(Hmac, GivesTheVectorsOfRfc2202AndRfc4231) {
  for (const Vector& vector : kVectors) EXPECT_EQ(HexHmac(vector), vector.digest) << vector.key;
}

TEST(Hmac, ThreadsDoNotDisturbOneAnother) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 200; ++round) {
        for (const Vector& vector : kVectors) ASSERT_EQ(HexHmac(vector), vector.digest);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(HmacDeathTest, RefusesABufferOfAnotherSize) {
  uint8_t out[21];
  EXPECT_DEATH(Hmac(HashAlgorithm::kSha1, {}, {}, absl::MakeSpan(out)), "size of an HMAC");
}

}  // namespace
}  // namespace twofold
