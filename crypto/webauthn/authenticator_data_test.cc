#include "crypto/webauthn/authenticator_data.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/hex.h"
#include "crypto/sha256.h"
#include "crypto/webauthn/attestation_object.h"
#include "tests/harness/cbor.h"
#include "tests/vectors/webauthn_level3.h"

namespace twofold {
namespace {

constexpr char kAaguid[] = "0123456789abcdef";

// A map, as a COSE key is.
std::string Key() { return CborMap({{CborInteger(1), CborInteger(2)}, {CborInteger(-2), CborBytes("x")}}); }

std::string Fixed(int flags, absl::string_view count = absl::string_view("\0\0\1\2", 4)) {
  return absl::StrCat(Sha256("example.org"), std::string(1, static_cast<char>(flags)), count);
}

std::string Credential(absl::string_view id) {
  return absl::StrCat(kAaguid, std::string(1, static_cast<char>(id.size() >> 8)),
                      std::string(1, static_cast<char>(id.size())), id, Key());
}

std::string Extensions() { return CborMap({{CborText("foreign"), CborArray({CborInteger(1)})}}); }

absl::Status Registration(absl::string_view bytes) {
  return ParseAuthenticatorData(bytes, Ceremony::kRegistration).status();
}

absl::Status Assertion(absl::string_view bytes) {
  return ParseAuthenticatorData(bytes, Ceremony::kAssertion).status();
}

bool Refused(const absl::Status& status) { return status.code() == absl::StatusCode::kInvalidArgument; }

std::string Object(absl::string_view format, const std::string& statement, absl::string_view data) {
  return CborMap({{CborText("fmt"), CborText(format)},
                  {CborText("attStmt"), statement},
                  {CborText("authData"), CborBytes(data)}});
}

std::string GoodData() { return Fixed(0x41) + Credential("id"); }

TEST(AuthenticatorData, ReadsAnAssertion) {
  const auto data = ParseAuthenticatorData(Fixed(0x05, "\x80\x01\x02\x03"), Ceremony::kAssertion);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->rp_id_hash, Sha256("example.org"));
  EXPECT_TRUE(data->user_present);
  EXPECT_TRUE(data->user_verified);
  EXPECT_FALSE(data->backup_eligible);
  EXPECT_FALSE(data->backed_up);
  EXPECT_EQ(data->sign_count, 0x80010203U);
  EXPECT_FALSE(data->credential.has_value());
}

TEST(AuthenticatorData, ReadsARegistration) {
  const auto data = ParseAuthenticatorData(Fixed(0x58) + Credential("the id"), Ceremony::kRegistration);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE(data->user_present);
  EXPECT_FALSE(data->user_verified);
  EXPECT_TRUE(data->backup_eligible);
  EXPECT_TRUE(data->backed_up);
  EXPECT_EQ(data->sign_count, 0x102U);
  const AttestedCredential credential = data->credential.value_or(AttestedCredential{});
  EXPECT_EQ(credential.aaguid, kAaguid);
  EXPECT_EQ(credential.id, "the id");
  EXPECT_EQ(credential.cose_key, Key());
}

TEST(AuthenticatorData, EachFlagStandsForItself) {
  for (const int flag : {0x01, 0x04, 0x08, 0x10}) {
    const auto data = ParseAuthenticatorData(Fixed(flag), Ceremony::kAssertion);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->user_present, flag == 0x01);
    EXPECT_EQ(data->user_verified, flag == 0x04);
    EXPECT_EQ(data->backup_eligible, flag == 0x08);
    EXPECT_EQ(data->backed_up, flag == 0x10);
  }
  // The reserved ones mean nothing yet.
  EXPECT_TRUE(Assertion(Fixed(0x01 | 0x02 | 0x20)).ok());
}

TEST(AuthenticatorData, OnlyARegistrationHasACredential) {
  EXPECT_TRUE(Registration(Fixed(0x41) + Credential("id")).ok());
  EXPECT_TRUE(Refused(Assertion(Fixed(0x41) + Credential("id"))));
  EXPECT_TRUE(Refused(Registration(Fixed(0x01))));
  EXPECT_TRUE(Refused(Registration(Fixed(0x01) + Credential("id"))));
  EXPECT_TRUE(Refused(Assertion(Fixed(0x01) + Credential("id"))));
  EXPECT_TRUE(Refused(Assertion(Fixed(0x41))));
  EXPECT_TRUE(Refused(Assertion(Fixed(0x41) + "garbage")));
  EXPECT_TRUE(Refused(Registration(Fixed(0x41))));
}

TEST(AuthenticatorData, BoundsTheCredentialId) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1023}, size_t{1024}}) {
    EXPECT_EQ(Registration(Fixed(0x41) + Credential(std::string(size, 'i'))).ok(), size >= 1 && size <= 1023)
        << size;
  }
  // A length past the end.
  EXPECT_TRUE(Refused(Registration(absl::StrCat(Fixed(0x41), kAaguid, "\x03\xff", "id", Key()))));
}

TEST(AuthenticatorData, ExtensionsAreOneMap) {
  EXPECT_TRUE(Assertion(Fixed(0x81) + Extensions()).ok());
  EXPECT_TRUE(Registration(Fixed(0xC1) + Credential("id") + Extensions()).ok());
  EXPECT_TRUE(Assertion(Fixed(0x81) + CborMap({})).ok());
  for (const std::string& wrong :
       {std::string(), Extensions() + Extensions(), Extensions() + "x", CborInteger(1), CborArray({}),
        CborBytes(Extensions()), BytesOfHex("bfff"), BytesOfHex("a161ff01")}) {
    EXPECT_TRUE(Refused(Assertion(Fixed(0x81) + wrong))) << absl::BytesToHexString(wrong);
    EXPECT_TRUE(Refused(Registration(Fixed(0xC1) + Credential("id") + wrong)))
        << absl::BytesToHexString(wrong);
  }
  // Without their flag they are bytes after the end.
  EXPECT_TRUE(Refused(Assertion(Fixed(0x01) + Extensions())));
  EXPECT_TRUE(Refused(Registration(Fixed(0x41) + Credential("id") + Extensions())));
}

TEST(AuthenticatorData, HasItsExactLength) {
  for (const std::string& whole : {Fixed(0x01), Fixed(0x81) + Extensions()}) {
    ASSERT_TRUE(Assertion(whole).ok());
    for (size_t size = 0; size < whole.size(); ++size)
      EXPECT_TRUE(Refused(Assertion(whole.substr(0, size)))) << size;
    EXPECT_TRUE(Refused(Assertion(whole + "12345")));
    EXPECT_TRUE(Refused(Assertion(whole + std::string(1, '\0'))));
  }
}

TEST(AttestationObject, TakesEveryVectorAndNoPartOfIt) {
  for (const WebauthnVector& vector : kWebauthnVectors) {
    const std::string object = BytesOfHex(vector.attestation_object);
    const auto data = ParseAttestationObject(object);
    ASSERT_TRUE(data.ok()) << vector.name << ": " << data.status();
    ASSERT_TRUE(data->credential.has_value()) << vector.name;
    EXPECT_EQ(data->rp_id_hash, Sha256("example.org")) << vector.name;
    EXPECT_TRUE(data->user_present) << vector.name;
    for (size_t size = 0; size < object.size(); ++size) {
      EXPECT_TRUE(Refused(ParseAttestationObject(object.substr(0, size)).status())) << vector.name << size;
    }
    EXPECT_TRUE(Refused(ParseAttestationObject(object + std::string(1, '\0')).status())) << vector.name;
    // The data is the last member. A shorter one has a head that says so, and is refused all the
    // same.
    const std::string bytes = BytesOfHex(vector.attestation_object);
    const std::string hash = data->rp_id_hash;
    const std::string whole = bytes.substr(bytes.find(hash));
    ASSERT_TRUE(Registration(whole).ok()) << vector.name;
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_TRUE(Refused(Registration(whole.substr(0, size)))) << vector.name << size;
      EXPECT_TRUE(
          Refused(ParseAttestationObject(Object("none", CborMap({}), whole.substr(0, size))).status()))
          << vector.name << size;
    }
  }
}

TEST(AttestationObject, TheFormatNoneHasNoStatement) {
  const std::string statement =
      CborMap({{CborText("alg"), CborInteger(-7)}, {CborText("sig"), CborBytes("s")}});
  EXPECT_TRUE(ParseAttestationObject(Object("none", CborMap({}), GoodData())).ok());
  EXPECT_TRUE(Refused(ParseAttestationObject(Object("none", statement, GoodData())).status()));
  EXPECT_TRUE(ParseAttestationObject(Object("packed", statement, GoodData())).ok());
  // A statement proves nothing here, so that of an unknown format may be there too.
  EXPECT_TRUE(ParseAttestationObject(Object("foreign", statement, GoodData())).ok());
  for (const std::string& wrong :
       {CborArray({}), CborBytes(""), CborInteger(0), BytesOfHex("bfff"), BytesOfHex("9a08000000")}) {
    EXPECT_TRUE(Refused(ParseAttestationObject(Object("packed", wrong, GoodData())).status()));
    EXPECT_TRUE(Refused(ParseAttestationObject(Object("none", wrong, GoodData())).status()));
  }
}

TEST(AttestationObject, HasEachMemberOnceAndNoOther) {
  const std::string fmt = CborText("fmt") + CborText("none");
  const std::string statement = CborText("attStmt") + CborMap({});
  const std::string data = CborText("authData") + CborBytes(GoodData());
  const auto status = [](size_t members, const std::string& content) {
    return ParseAttestationObject(CborHead(5, members) + content).status();
  };
  ASSERT_TRUE(status(3, fmt + statement + data).ok());
  EXPECT_TRUE(Refused(status(3, fmt + data + statement)));
  EXPECT_TRUE(Refused(status(3, data + fmt + statement)));
  EXPECT_TRUE(Refused(status(2, fmt + data)));
  EXPECT_TRUE(Refused(status(2, fmt + statement)));
  EXPECT_TRUE(Refused(status(2, fmt + statement + data)));
  EXPECT_TRUE(Refused(status(3, fmt + fmt + data)));
  EXPECT_TRUE(Refused(status(4, fmt + statement + data + data)));
  EXPECT_TRUE(Refused(status(4, fmt + statement + data + CborText("authData2") + CborBytes(GoodData()))));
  EXPECT_TRUE(Refused(status(4, fmt + statement + data)));
  EXPECT_TRUE(Refused(status(3, fmt + statement + CborText("authdata") + CborBytes(GoodData()))));
  EXPECT_TRUE(Refused(status(3, CborText("fmt") + CborBytes("none") + statement + data)));
  EXPECT_TRUE(Refused(status(3, fmt + statement + CborText("authData") + CborText(GoodData()))));
  // An indefinite map.
  EXPECT_TRUE(Refused(ParseAttestationObject(absl::StrCat("\xbf", fmt, statement, data, "\xff")).status()));
}

TEST(AttestationObject, BoundsTheDepth) {
  const auto nested = [](size_t depth) {
    std::string item = CborInteger(0);
    for (size_t i = 0; i < depth; ++i) item = CborArray({item});
    return ParseAttestationObject(Object("packed", CborMap({{CborText("x"), item}}), GoodData())).status();
  };
  EXPECT_TRUE(nested(2).ok());
  EXPECT_TRUE(Refused(nested(3)));
}

}  // namespace
}  // namespace twofold
