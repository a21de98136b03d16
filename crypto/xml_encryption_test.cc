#include "crypto/xml_encryption.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "common/hex.h"

namespace twofold {
namespace {

SecretBytes FromHex(const char* hex) { return SecretBytes::FromString(BytesOfHex(hex)); }

TEST(XmlEncryption, DecryptsCbcAndRemovesThePadding) {
  // These are the outputs of openssl enc -aes-128-cbc, -camellia-256-cbc and -des-ede-cbc of "twelve bytes".
  const std::string iv = BytesOfHex("000102030405060708090a0b0c0d0e0f");
  const auto plain = DecryptCbc(BlockCipher::kAes, FromHex("12345678901234567890123456789012"), iv,
                                BytesOfHex("84b16d6287df84519ed5ee40ba233d69"));
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->text(), "twelve bytes");
  const auto camellia = DecryptCbc(
      BlockCipher::kCamellia, FromHex("1234567890123456789012345678901212345678901234567890123456789012"), iv,
      BytesOfHex("e84209ba1dbd5b55c7a8a49013b43c16"));
  ASSERT_TRUE(camellia.ok()) << camellia.status();
  EXPECT_EQ(camellia->text(), "twelve bytes");
  const auto des =
      DecryptCbc(BlockCipher::kTripleDes, FromHex("12345678901234567890123456789012"),
                 absl::string_view(iv).substr(0, 8), BytesOfHex("ecb7759de5131e7958cf68d65cc877a7"));
  ASSERT_TRUE(des.ok()) << des.status();
  EXPECT_EQ(des->text(), "twelve bytes");
}

TEST(XmlEncryption, RefusesWrongLengthsAndPaddings) {
  const SecretBytes key = FromHex("12345678901234567890123456789012");
  const std::string iv(16, '\0');
  EXPECT_FALSE(DecryptCbc(BlockCipher::kAes, FromHex("1234"), iv, std::string(16, 'x')).ok());
  EXPECT_FALSE(DecryptCbc(BlockCipher::kAes, key, "short", std::string(16, 'x')).ok());
  EXPECT_FALSE(DecryptCbc(BlockCipher::kAes, key, iv, std::string(17, 'x')).ok());
  EXPECT_FALSE(DecryptCbc(BlockCipher::kAes, key, iv, "").ok());
  EXPECT_FALSE(DecryptCbc(BlockCipher::kAes, key, iv, std::string(16, 'x')).ok());
  EXPECT_FALSE(UnwrapKey(BlockCipher::kAes, key, std::string(16, 'x')).ok());
  EXPECT_FALSE(UnwrapKey(BlockCipher::kAes, key, std::string(25, 'x')).ok());
  EXPECT_FALSE(UnwrapKey(BlockCipher::kAes, key, std::string(24, 'x')).ok());
  EXPECT_FALSE(UnwrapKey(BlockCipher::kTripleDes, key, std::string(24, 'x')).ok());
}

// RFC 3394 §4.1 and RFC 5649 §6.
TEST(XmlEncryption, UnwrapsKeys) {
  const auto key = UnwrapKey(BlockCipher::kAes, FromHex("000102030405060708090A0B0C0D0E0F"),
                             BytesOfHex("1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(absl::BytesToHexString(key->text()), "00112233445566778899aabbccddeeff");
  const auto padded =
      UnwrapKey(BlockCipher::kAes, FromHex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"),
                BytesOfHex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"));
  ASSERT_TRUE(padded.ok()) << padded.status();
  EXPECT_EQ(absl::BytesToHexString(padded->text()), "c37b7e6492584340bed12207808941155068f738");
}

// RFC 2202 §3 case 2, RFC 4231 §4.3 and RFC 6070 §2.
TEST(XmlEncryption, ComputesMacsAndKeys) {
  const SecretBytes key = SecretBytes::FromString("Jefe");
  constexpr char kData[] = "what do ya want for nothing?";
  EXPECT_EQ(absl::BytesToHexString(ComputeMac(MacHash::kSha1, key, kData)),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(absl::BytesToHexString(ComputeMac(MacHash::kSha224, key, kData)),
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
  EXPECT_EQ(ComputeMac(MacHash::kSha256, key, kData).size(), 32);
  EXPECT_EQ(ComputeMac(MacHash::kSha384, key, kData).size(), 48);
  EXPECT_EQ(ComputeMac(MacHash::kSha512, key, kData).size(), 64);
  EXPECT_EQ(absl::BytesToHexString(
                DeriveKey(MacHash::kSha1, SecretBytes::FromString("password"), "salt", 2, 20).text()),
            "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
}

}  // namespace
}  // namespace twofold
