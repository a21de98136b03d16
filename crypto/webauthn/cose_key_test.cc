#include "crypto/webauthn/cose_key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/hex.h"
#include "crypto/sha256.h"
#include "crypto/webauthn/attestation_object.h"
#include "tests/harness/cbor.h"
#include "tests/vectors/webauthn_level3.h"

namespace twofold {
namespace {

constexpr CoseAlgorithm kAll[] = {CoseAlgorithm::kEs256, CoseAlgorithm::kEdDsa, CoseAlgorithm::kEs384,
                                  CoseAlgorithm::kEs512, CoseAlgorithm::kEd448, CoseAlgorithm::kRs256};

std::string KeyOf(const WebauthnVector& vector) {
  const auto data = ParseAttestationObject(BytesOfHex(vector.attestation_object));
  return data.ok() && data->credential.has_value() ? data->credential->cose_key : std::string();
}

const WebauthnVector& Vector(absl::string_view name) {
  for (const WebauthnVector& vector : kWebauthnVectors) {
    if (vector.name == name) return vector;
  }
  ADD_FAILURE() << "no vector " << name;
  return kWebauthnVectors[0];
}

std::string SignedBytes(const WebauthnVector& vector) {
  return absl::StrCat(BytesOfHex(vector.authenticator_data), Sha256(BytesOfHex(vector.client_data)));
}

bool Refused(const std::string& key) {
  return CheckNewCoseKey(key, kAll).code() == absl::StatusCode::kInvalidArgument;
}

// The parameters of a key, in the order in which they are written.
std::string Ec(int64_t algorithm, int64_t curve, absl::string_view x, absl::string_view y, int64_t type = 2) {
  return CborMap({{CborInteger(1), CborInteger(type)},
                  {CborInteger(3), CborInteger(algorithm)},
                  {CborInteger(-1), CborInteger(curve)},
                  {CborInteger(-2), CborBytes(x)},
                  {CborInteger(-3), CborBytes(y)}});
}

std::string Okp(absl::string_view x, int64_t algorithm = -8, int64_t curve = 6, int64_t type = 1) {
  return CborMap({{CborInteger(1), CborInteger(type)},
                  {CborInteger(3), CborInteger(algorithm)},
                  {CborInteger(-1), CborInteger(curve)},
                  {CborInteger(-2), CborBytes(x)}});
}

std::string Rsa(absl::string_view modulus, absl::string_view exponent, int64_t algorithm = -257) {
  return CborMap({{CborInteger(1), CborInteger(3)},
                  {CborInteger(3), CborInteger(algorithm)},
                  {CborInteger(-1), CborBytes(modulus)},
                  {CborInteger(-2), CborBytes(exponent)}});
}

// The generator of P-256 (FIPS 186-4 appendix D.1.2.3).
std::string GeneratorX() {
  return BytesOfHex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
}
std::string GeneratorY() {
  return BytesOfHex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
}

std::string VectorModulus() { return KeyOf(Vector("packed-rs256")).substr(11, 436); }

constexpr char kExponent[] = "\x01\x00\x01";
std::string Exponent() { return {kExponent, 3}; }

TEST(CoseKey, VerifiesEveryVector) {
  int verified = 0;
  for (const WebauthnVector& vector : kWebauthnVectors) {
    const std::string key = KeyOf(vector);
    const std::string signature = BytesOfHex(vector.signature);
    EXPECT_TRUE(CheckNewCoseKey(key, kAll).ok()) << vector.name << ": " << CheckNewCoseKey(key, kAll);
    ASSERT_TRUE(VerifyCoseSignature(key, SignedBytes(vector), signature)) << vector.name;
    ++verified;
  }
  EXPECT_EQ(verified, 15);
}

TEST(CoseKey, RefusesEveryOtherSignature) {
  for (const WebauthnVector& vector : kWebauthnVectors) {
    const std::string key = KeyOf(vector);
    const std::string bytes = SignedBytes(vector);
    const std::string signature = BytesOfHex(vector.signature);
    for (size_t i = 0; i < signature.size(); ++i) {
      std::string other = signature;
      other[i] = static_cast<char>(other[i] ^ 1 << i % 8);
      EXPECT_FALSE(VerifyCoseSignature(key, bytes, other)) << vector.name << " " << i;
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ 1 << i % 8);
      EXPECT_FALSE(VerifyCoseSignature(key, other, signature)) << vector.name << " " << i;
    }
    EXPECT_FALSE(VerifyCoseSignature(key, bytes, "")) << vector.name;
    EXPECT_FALSE(VerifyCoseSignature(key, bytes, signature.substr(1))) << vector.name;
    EXPECT_FALSE(VerifyCoseSignature(key, bytes, signature + std::string(1, '\0'))) << vector.name;
    EXPECT_FALSE(VerifyCoseSignature(key, "", signature)) << vector.name;
    EXPECT_FALSE(VerifyCoseSignature("", bytes, signature)) << vector.name;
    for (const WebauthnVector& other : kWebauthnVectors) {
      if (other.name == vector.name) continue;
      EXPECT_FALSE(VerifyCoseSignature(KeyOf(other), bytes, signature)) << vector.name << " " << other.name;
    }
  }
}

TEST(CoseKey, OffersThreeAlgorithms) {
  for (const WebauthnVector& vector : kWebauthnVectors) {
    const bool offered =
        vector.name != "packed-es384" && vector.name != "packed-es512" && vector.name != "packed-ed448";
    EXPECT_EQ(CheckNewCoseKey(KeyOf(vector)).ok(), offered) << vector.name;
  }
  EXPECT_FALSE(CheckNewCoseKey(Okp(std::string(32, '\2')), {}).ok());
}

TEST(CoseKey, HasNoOtherParameterAndOneOrder) {
  for (const WebauthnVector& vector : kWebauthnVectors) {
    const std::string key = KeyOf(vector);
    for (size_t size = 0; size < key.size(); ++size)
      EXPECT_TRUE(Refused(key.substr(0, size))) << vector.name << size;
    EXPECT_TRUE(Refused(key + std::string(1, '\0'))) << vector.name;
    // One parameter more, at the end and in order.
    std::string more = key + CborInteger(-9) + CborInteger(0);
    more[0] = static_cast<char>(more[0] + 1);
    EXPECT_TRUE(Refused(more)) << vector.name;
    // One parameter less than the head says, and the other way round.
    std::string head = key;
    head[0] = static_cast<char>(head[0] + 1);
    EXPECT_TRUE(Refused(head)) << vector.name;
    head[0] = static_cast<char>(head[0] - 2);
    EXPECT_TRUE(Refused(head)) << vector.name;
    // Indefinite.
    EXPECT_TRUE(Refused(absl::StrCat("\xbf", key.substr(1), "\xff"))) << vector.name;
    // Type and algorithm changed places. Each pair is two bytes long, or more for the algorithm.
    const size_t algorithm_size = key.find(CborInteger(-1), 3) - 3;
    const std::string swapped = absl::StrCat(key.substr(0, 1), key.substr(3, algorithm_size),
                                             key.substr(1, 2), key.substr(3 + algorithm_size));
    ASSERT_EQ(swapped.size(), key.size());
    EXPECT_TRUE(Refused(swapped)) << vector.name;
  }
  const std::string x = CborInteger(-2) + CborBytes(GeneratorX());
  const std::string y = CborInteger(-3) + CborBytes(GeneratorY());
  const std::string head = BytesOfHex("a501020326");
  EXPECT_TRUE(CheckNewCoseKey(absl::StrCat(head, "\x20\x01", x, y)).ok());
  EXPECT_TRUE(Refused(absl::StrCat(head, "\x20\x01", y, x)));
  EXPECT_TRUE(Refused(absl::StrCat(head, x, "\x20\x01", y)));
  // Other labels with the right values.
  EXPECT_TRUE(Refused(absl::StrCat(head, "\x20\x01", x, CborInteger(-4), CborBytes(GeneratorY()))));
  EXPECT_TRUE(Refused(absl::StrCat(BytesOfHex("a502020326"), "\x20\x01", x, y)));
  // The sign of y instead of y.
  EXPECT_TRUE(Refused(absl::StrCat(head, "\x20\x01", x, CborInteger(-3), "\xf5")));
}

TEST(CoseKey, AlgorithmFitsTypeAndCurve) {
  const std::string x = GeneratorX();
  const std::string y = GeneratorY();
  ASSERT_TRUE(CheckNewCoseKey(Ec(-7, 1, x, y)).ok());
  for (const int64_t algorithm : {-8, -35, -36, -37, -47, -53, -257, -65535, 0, 7})
    EXPECT_TRUE(Refused(Ec(algorithm, 1, x, y))) << algorithm;
  for (const int64_t curve : {0, 2, 3, 4, 6, 8}) EXPECT_TRUE(Refused(Ec(-7, curve, x, y))) << curve;
  for (const int64_t type : {0, 1, 3, 4}) EXPECT_TRUE(Refused(Ec(-7, 1, x, y, type))) << type;

  const std::string edwards = KeyOf(Vector("packed-eddsa")).substr(10);
  ASSERT_TRUE(CheckNewCoseKey(Okp(edwards)).ok());
  EXPECT_TRUE(Refused(Okp(edwards, -7)));
  EXPECT_TRUE(Refused(Okp(edwards, -53)));
  EXPECT_TRUE(Refused(Okp(edwards, -8, 4)));
  EXPECT_TRUE(Refused(Okp(edwards, -8, 7)));
  for (const int64_t type : {0, 2, 3, 4}) EXPECT_TRUE(Refused(Okp(edwards, -8, 6, type))) << type;

  ASSERT_TRUE(CheckNewCoseKey(Rsa(VectorModulus(), Exponent())).ok());
  for (const int64_t algorithm : {-7, -37, -258, -259, -65535})
    EXPECT_TRUE(Refused(Rsa(VectorModulus(), Exponent(), algorithm))) << algorithm;
}

TEST(CoseKey, PointsAreOnTheCurve) {
  const std::string x = GeneratorX();
  const std::string y = GeneratorY();
  const std::string zero(32, '\0');
  // The prime of P-256 is no coordinate.
  const std::string prime = BytesOfHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  for (const std::string& wrong :
       {Ec(-7, 1, zero, zero), Ec(-7, 1, x, x), Ec(-7, 1, x, zero), Ec(-7, 1, zero, y),
        Ec(-7, 1, x.substr(0, 31), x.substr(31) + y), Ec(-7, 1, prime, y), Ec(-7, 1, "", ""),
        Ec(-7, 1, x + x, y), Ec(-7, 1, x, y + y), Ec(-7, 1, x.substr(1), y), Ec(-7, 1, x, y.substr(1)),
        Ec(-7, 1, absl::StrCat(absl::string_view("\0", 1), x), y)}) {
    EXPECT_TRUE(Refused(wrong)) << absl::BytesToHexString(wrong);
    EXPECT_FALSE(VerifyCoseSignature(wrong, "bytes", "signature"));
  }
}

TEST(CoseKey, PointsOfEd25519AreUsable) {
  // All encodings of the points of small order, canonical or not, and y that no x belongs to.
  for (const char* hex : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0000000000000000000000000000000000000000000000000000000000000080",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000080",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
           "0200000000000000000000000000000000000000000000000000000000000000",
       }) {
    EXPECT_TRUE(Refused(Okp(BytesOfHex(hex)))) << hex;
  }
  // The base point (RFC 8032 section 5.1), either sign, and a y of 3.
  for (const char* hex : {
           "5866666666666666666666666666666666666666666666666666666666666666",
           "58666666666666666666666666666666666666666666666666666666666666e6",
           "0300000000000000000000000000000000000000000000000000000000000000",
       }) {
    EXPECT_TRUE(CheckNewCoseKey(Okp(BytesOfHex(hex))).ok()) << hex;
  }
  EXPECT_TRUE(Refused(Okp("")));
  EXPECT_TRUE(Refused(Okp(std::string(31, '\3'))));
  EXPECT_TRUE(Refused(Okp(std::string(33, '\3'))));
}

TEST(CoseKey, BoundsRsa) {
  const std::string modulus = VectorModulus();
  for (const char* exponent : {"03", "05", "010001", "ffffffff"})
    EXPECT_TRUE(CheckNewCoseKey(Rsa(modulus, BytesOfHex(exponent))).ok()) << exponent;
  for (const char* exponent : {"", "00", "01", "02", "0001", "010000", "00010001", "0100000001"}) {
    const absl::Status checked = CheckNewCoseKey(Rsa(modulus, BytesOfHex(exponent)));
    EXPECT_EQ(checked.message(), "the RSA exponent is not an odd number of 3 to 2^32 - 1") << exponent;
  }

  EXPECT_TRUE(Refused(Rsa("", Exponent())));
  EXPECT_TRUE(Refused(Rsa(absl::StrCat(absl::string_view("\0", 1), modulus), Exponent())));
  EXPECT_TRUE(Refused(Rsa(std::string(256, '\0'), Exponent())));
  // Numbers of 2,047, 2,048, 4,096 and 4,104 bits with neither small factors nor the luck to be
  // prime.
  const auto odd = [&modulus](size_t size, uint8_t top) {
    std::string number = absl::StrCat(modulus, modulus).substr(0, size);
    number.front() = static_cast<char>(top);
    number.back() = static_cast<char>(number.back() | 1);
    return number;
  };
  const auto reason = [](const std::string& number) {
    return std::string(CheckNewCoseKey(Rsa(number, Exponent())).message());
  };
  constexpr char kBits[] = "the RSA modulus does not have 2,048 to 4,096 bits";
  EXPECT_EQ(reason(odd(255, 0xff)), kBits);
  EXPECT_EQ(reason(odd(256, 0x7f)), kBits);
  EXPECT_NE(reason(odd(256, 0x80)), kBits);
  EXPECT_NE(reason(odd(512, 0xff)), kBits);
  EXPECT_EQ(reason(odd(513, 0x01)), kBits);
  // An even number, and one that is a multiple of 3.
  std::string even = modulus;
  even.back() = static_cast<char>(even.back() & ~1);
  EXPECT_TRUE(Refused(Rsa(even, Exponent())));
  EXPECT_TRUE(Refused(Rsa(std::string(256, '\xff'), Exponent())));
}

}  // namespace
}  // namespace twofold
