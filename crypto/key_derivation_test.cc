#include <string>

#include "absl/strings/escaping.h"
#include "common/hex.h"
#include "crypto/bytes.h"
#include "crypto/hkdf.h"
#include "crypto/password_hash.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

struct HkdfVector {
  absl::string_view key;
  absl::string_view salt;
  absl::string_view info;
  absl::string_view output;
};

constexpr HkdfVector kRfc5869[] = {
#include "tests/vectors/rfc5869_hkdf.inc"
};

struct Pbkdf2Vector {
  absl::string_view password;
  absl::string_view salt;
  int iterations;
  absl::string_view hash;
};

constexpr Pbkdf2Vector kRfc7914[] = {
#include "tests/vectors/rfc7914_pbkdf2.inc"
};

TEST(HkdfSha256, GivesTheVectorsOfRfc5869) {
  for (const HkdfVector& vector : kRfc5869) {
    const SecretBytes output = HkdfSha256(AsBytes(BytesOfHex(vector.key)), BytesOfHex(vector.salt),
                                          BytesOfHex(vector.info), vector.output.size() / 2);
    EXPECT_EQ(absl::BytesToHexString(output.text()), vector.output);
  }
}

TEST(HkdfSha256DeathTest, RefusesMoreThanTheRfcAllows) {
  EXPECT_EQ(HkdfSha256(AsBytes("key"), "", "", 255 * 32).size(), 255U * 32);
  EXPECT_DEATH(HkdfSha256(AsBytes("key"), "", "", 255 * 32 + 1), "HKDF");
}

TEST(Pbkdf2Sha256, GivesTheVectorsOfRfc7914) {
  for (const Pbkdf2Vector& vector : kRfc7914) {
    EXPECT_EQ(absl::BytesToHexString(
                  Pbkdf2Sha256(vector.password, vector.salt, vector.iterations, vector.hash.size() / 2)),
              vector.hash);
  }
}

TEST(Pbkdf2Sha256, TakesEmptyAndLongInputs) {
  const std::string empty = Pbkdf2Sha256("", "", 1, 16);
  EXPECT_EQ(empty.size(), 16);
  EXPECT_NE(empty, Pbkdf2Sha256("", "salt", 1, 16));
  EXPECT_NE(empty, Pbkdf2Sha256(std::string(1000, 'x'), "", 1, 16));
}

TEST(Pbkdf2Sha256, T28_CountsEveryHash) {
  const int64_t before = PasswordHashCount();
  Pbkdf2Sha256("a", "b", 1, 16);
  Pbkdf2Sha256("", "", 3, 32);
  EXPECT_EQ(PasswordHashCount() - before, 2);
}

}  // namespace
}  // namespace twofold
