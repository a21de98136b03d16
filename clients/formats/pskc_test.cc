// PSKC files of RFC 6030 and of its drafts. The encrypted values were made by another implementation.

#include <gmock/gmock.h>

#include "absl/strings/str_replace.h"
#include "clients/formats/formats_fixture.h"
#include "common/hex.h"

namespace twofold {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kHotp[] = "urn:ietf:params:xml:ns:keyprov:pskc:hotp";
constexpr char kTotp[] = "urn:ietf:params:xml:ns:keyprov:pskc:totp";
// "twenty bytes secret!"
constexpr char kPlain[] = "dHdlbnR5IGJ5dGVzIHNlY3JldCE=";
constexpr char kPlainBase32[] = "OR3WK3TUPEQGE6LUMVZSA43FMNZGK5BB";
constexpr char kKeyHex[] = "404142434445464748494a4b4c4d4e4f";
constexpr char kAes[] = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";

std::string Container(absl::string_view head, absl::string_view packages) {
  return absl::StrCat(
      "<?xml version='1.0'?><p:KeyContainer Version='1.0' xmlns:p='urn:ietf:params:xml:ns:keyprov:pskc'>",
      head, packages, "</p:KeyContainer>");
}

std::string Package(absl::string_view algorithm, absl::string_view parameters, absl::string_view data,
                    absl::string_view more = "") {
  return absl::StrCat(
      "<p:KeyPackage><p:DeviceInfo><p:Manufacturer>ACME</p:Manufacturer><p:SerialNo> 77 "
      "</p:SerialNo></p:DeviceInfo>",
      "<p:Key Id='k1' Algorithm='", algorithm, "'><p:AlgorithmParameters>", parameters,
      "</p:AlgorithmParameters><p:Data>", data, "</p:Data>", more, "</p:Key></p:KeyPackage>");
}

constexpr char kSix[] = "<p:ResponseFormat Length='6' Encoding='DECIMAL'/>";
constexpr char kCounter[] = "<p:Counter><p:PlainValue>12</p:PlainValue></p:Counter>";
constexpr char kInterval[] = "<p:TimeInterval><p:PlainValue>60</p:PlainValue></p:TimeInterval>";

std::string PlainSecret() {
  return absl::StrCat("<p:Secret><p:PlainValue>\n", kPlain, "\n</p:PlainValue></p:Secret>");
}

std::string Encrypted(absl::string_view algorithm, absl::string_view value, absl::string_view mac) {
  return absl::StrCat("<p:EncryptedValue><x:EncryptionMethod Algorithm='", algorithm,
                      "'/><x:CipherData><x:CipherValue>", value,
                      "</x:CipherValue></x:CipherData></p:EncryptedValue>",
                      mac.empty() ? "" : absl::StrCat("<p:ValueMAC>", mac, "</p:ValueMAC>"));
}

constexpr char kKeyName[] = "<p:EncryptionKey><ds:KeyName>pre-shared</ds:KeyName></p:EncryptionKey>";
constexpr char kCipherText[] = "EBESExQVFhcYGRobHB0eH3Y8MMcBOJaZfo2WzDEuB5AqWQAq0qxy+hDv6SvifTUO";
constexpr char kMac[] = "DDNGKIsmm4pTUun8L0/1tan7spw=";

std::string MacMethod(absl::string_view mac_key) {
  return absl::StrCat("<p:MACMethod Algorithm='http://www.w3.org/2000/09/xmldsig#hmac-sha1'><p:MACKey>",
                      absl::StrReplaceAll(Encrypted(kAes, mac_key, ""),
                                          {{"<p:EncryptedValue>", ""}, {"</p:EncryptedValue>", ""}}),
                      "</p:MACKey></p:MACMethod>");
}

std::string WithKey(absl::string_view mac) {
  return Container(
      absl::StrCat(kKeyName, MacMethod("AAECAwQFBgcICQoLDA0ODxBSHkS5KGTdPNtliox4OS+jwXPBa/jgZhSBsHb11/OL")),
      Package(kHotp, kSix,
              absl::StrCat("<p:Secret>", Encrypted(kAes, kCipherText, mac), "</p:Secret><p:Counter>",
                           Encrypted(kAes, "AAECAwQFBgcICQoLDA0ODy9ZfBwUk1ecDwfmvvjhanI=",
                                     "Tl6SkVZCIJr3VQHsYAjSoPwmGlA="),
                           "</p:Counter>")));
}

ImportOptions KeyOptions(absl::string_view hex) {
  ImportOptions options = TestOptions();
  options.key = SecretBytes::FromString(BytesOfHex(hex));
  return options;
}

ImportOptions PasswordOptions(absl::string_view password) {
  ImportOptions options = TestOptions();
  options.password = SecretBytes::FromString(password);
  return options;
}

TEST(Pskc, ReadsPlainKeys) {
  const std::string text = Container(
      "", absl::StrCat(Package(kHotp, kSix, absl::StrCat(PlainSecret(), kCounter),
                               "<p:Issuer>Bank</p:Issuer><p:UserId>ann</p:UserId>"),
                       Package(kTotp, absl::StrCat("<p:Suite>HMAC-SHA256</p:Suite>", kSix),
                               absl::StrCat(PlainSecret(), kInterval,
                                            "<p:Time><p:PlainValue>0</p:PlainValue></p:Time>",
                                            "<p:TimeDrift><p:PlainValue>-4</p:PlainValue></p:TimeDrift>"))));
  const ParsedFile file = MustRead("pskc", text);
  EXPECT_EQ(Shown(file), absl::StrCat("1: hotp Bank/77 ", kPlainBase32, " SHA1 6 12\n", "2: totp ACME/77 ",
                                      kPlainBase32, " SHA256 6 60\n"));
  EXPECT_EQ(file.entries[0].user, "ann");
  EXPECT_EQ(file.entries[0].key_id, "k1");
  EXPECT_EQ(file.entries[1].clock_offset_steps, -4);
  EXPECT_EQ(*DetectImportFormat(text), "pskc");
}

TEST(Pskc, AsksForWhatTheFileLeavesOut) {
  const std::string text =
      Container("", absl::StrCat(Package(kHotp, "", absl::StrCat(PlainSecret(), kCounter)),
                                 Package(kHotp, kSix, PlainSecret()), Package(kTotp, kSix, PlainSecret())));
  EXPECT_EQ(Shown(MustRead("pskc", text)),
            "1: 77 does not say how many digits a code has: add --default-digits with 6, 7 or 8\n"
            "2: 77 does not say its counter: add --default-counter, with 0 for tokens that were never used\n"
            "3: 77 does not say its period: add --default-period with the seconds, mostly 30\n");
  ImportOptions options = TestOptions();
  options.defaults.digits = 8;
  options.defaults.counter = 3;
  options.defaults.period_seconds = 30;
  EXPECT_THAT(MustRead("pskc", text, options).entries, SizeIs(3));
}

TEST(Pskc, OpensAPreSharedKeyAndChecksTheMacOfEachValue) {
  const std::string expected = absl::StrCat("1: hotp ACME/77 ", kPlainBase32, " SHA1 6 4328719365\n");
  EXPECT_EQ(Shown(MustRead("pskc", WithKey(kMac), KeyOptions(kKeyHex))), expected);
  // The drafts have the MAC of the plain text.
  EXPECT_EQ(Shown(MustRead("pskc", WithKey("WpJ3AeCJjFDj/CaOxzEH67hy888="), KeyOptions(kKeyHex))), expected);
}

TEST(Pskc, ImportsNothingWithAWrongKeyOrMac) {
  EXPECT_THAT(Read("pskc", WithKey("DDNGKIsmm4pTUun8L0/1tan7sqw="), KeyOptions(kKeyHex)).status().message(),
              HasSubstr("a MAC of the file does not match"));
  EXPECT_THAT(Read("pskc", WithKey(kMac), KeyOptions("404142434445464748494a4b4c4d4e50")).status().message(),
              HasSubstr("the key is wrong"));
  EXPECT_THAT(Read("pskc", WithKey(kMac), KeyOptions("4041")).status().message(),
              HasSubstr("the key has 2 bytes, and aes128-cbc takes 16"));
  EXPECT_THAT(Read("pskc", WithKey(kMac)).status().message(), HasSubstr("give it with --key-file"));
  // Without its MAC a value could be changed unseen.
  EXPECT_THAT(Read("pskc", WithKey(""), KeyOptions(kKeyHex)).status().message(),
              HasSubstr("without a ValueMAC"));
}

TEST(Pskc, OpensValuesWithoutAMacAndSaysSo) {
  const std::string cbc = Container(
      kKeyName,
      Package(kHotp, kSix,
              absl::StrCat("<p:Secret>", Encrypted(kAes, kCipherText, ""), "</p:Secret>", kCounter)));
  EXPECT_THAT(MustRead("pskc", cbc, KeyOptions(kKeyHex)).notes, Contains(HasSubstr("no MAC")));
  const std::string wrapped =
      Container(kKeyName, Package(kHotp, kSix,
                                  absl::StrCat("<p:Secret>",
                                               Encrypted("http://www.w3.org/2001/04/xmlenc#kw-aes128",
                                                         "HZmmUQVBCYb8/KQsC8xOGGraaKRtJ5AS/Gj/xwSqg30=", ""),
                                               "</p:Secret>", kCounter)));
  const ParsedFile file = MustRead("pskc", wrapped, KeyOptions(kKeyHex));
  EXPECT_THAT(file.entries, SizeIs(1));
  EXPECT_THAT(file.notes, IsEmpty());
  EXPECT_THAT(Read("pskc", wrapped, KeyOptions("404142434445464748494a4b4c4d4e50")).status().message(),
              HasSubstr("integrity check"));
}

std::string WithPassword(absl::string_view parameters) {
  return Container(
      absl::StrCat(
          "<p:EncryptionKey><y:DerivedKey><y:KeyDerivationMethod Algorithm='x#pbkdf2'><c:PBKDF2-params>",
          parameters, "</c:PBKDF2-params></y:KeyDerivationMethod></y:DerivedKey></p:EncryptionKey>",
          MacMethod("AAECAwQFBgcICQoLDA0ODym9ZzxHs4n+HqEcvcqDYP94qeqXQycQt9pxurdVv3T2")),
      Package(kHotp, kSix,
              absl::StrCat("<p:Secret>",
                           Encrypted(kAes, "EBESExQVFhcYGRobHB0eHzV7z04UGojTBMnDiPjVZqAJ14YCXpkzErGVVJVxzI7E",
                                     "F9Vj0nBJrJYXBy4WAKgcDtGG4ZA="),
                           "</p:Secret>", kCounter)));
}

constexpr char kParameters[] =
    "<Salt><Specified>c2FsdHNhbHQ=</Specified></Salt><IterationCount>777</IterationCount><KeyLength>16</"
    "KeyLength>"
    "<PRF Algorithm='http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'/>";

TEST(Pskc, OpensAPassword) {
  EXPECT_EQ(Shown(MustRead("pskc", WithPassword(kParameters), PasswordOptions("swordfish"))),
            absl::StrCat("1: hotp ACME/77 ", kPlainBase32, " SHA1 6 12\n"));
  EXPECT_FALSE(Read("pskc", WithPassword(kParameters), PasswordOptions("swordfisch")).ok());
  EXPECT_THAT(Read("pskc", WithPassword(kParameters)).status().message(), HasSubstr("--password-file"));
  for (const auto& [what, instead] :
       {std::pair("777", "0"), std::pair("777", "99999999999"), std::pair("16", "0"),
        std::pair("c2FsdHNhbHQ=", ""), std::pair("hmac-sha256", "md5")}) {
    EXPECT_THAT(Read("pskc", WithPassword(absl::StrReplaceAll(kParameters, {{what, instead}})),
                     PasswordOptions("swordfish"))
                    .status()
                    .message(),
                HasSubstr("PBKDF2 parameters"));
  }
}

// draft-hoyer-keyprov-portable-symmetric-key-container-01.
TEST(Pskc, ReadsTheOldestDraft) {
  const std::string text =
      "<KeyContainer><EncryptionMethod algorithm='PBE-3DES112-CBC'><PBESalt>c2FsdHNhbHQ=</PBESalt>"
      "<PBEIterationCount>777</PBEIterationCount></EncryptionMethod><DigestMethod algorithm='HMAC-SHA1'/>"
      "<Device><DeviceId><SerialNo>9</SerialNo></DeviceId><Key KeyAlgorithm='HOTP' KeyId='8'>"
      "<Usage><ResponseFormat format='DECIMAL' length='6'/></Usage>"
      "<Data Name='SECRET'><Value>AAECAwQFBgelw7QtGY0pXB/uRAczSx1Xa1Nv+hPLlu0=</Value>"
      "<ValueDigest>Gwa4OO+B45BGwhlYHht0MpHb+oU=</ValueDigest></Data>"
      "<Data Name='COUNTER'><Value>AAECAwQFBgd/yy5bd39Cd51gPardLEmy</Value>"
      "<ValueDigest>r9UOairsVmcwr+IBsMcFZgqusB4=</ValueDigest></Data></Key></Device></KeyContainer>";
  EXPECT_EQ(Shown(MustRead("pskc", text, PasswordOptions("swordfish"))),
            absl::StrCat("1: hotp /9 ", kPlainBase32, " SHA1 6 7\n"));
  EXPECT_FALSE(Read("pskc", text, PasswordOptions("swordfisch")).ok());
}

TEST(Pskc, SaysOfEachKeyWhyItIsRefused) {
  const std::string data = absl::StrCat(PlainSecret(), kCounter);
  const std::string time = absl::StrCat(PlainSecret(), kInterval);
  const ParsedFile file = MustRead(
      "pskc",
      Container(
          "",
          absl::StrCat(
              Package("urn:ietf:params:xml:ns:keyprov:pskc:pin", kSix, data), Package("", kSix, data),
              Package(kHotp, kSix, kCounter),
              Package(kHotp, kSix, kCounter, "<p:KeyReference>m</p:KeyReference>"),
              Package(kHotp, "<p:ResponseFormat Length='6' Encoding='DECIMAL' CheckDigits='true'/>", data),
              Package(kHotp, "<p:ResponseFormat Length='6' Encoding='HEXADECIMAL'/>", data),
              Package(kTotp, absl::StrCat("<p:Suite>MD5</p:Suite>", kSix), time),
              Package(kTotp, kSix, absl::StrCat(time, "<p:Time><p:PlainValue>100</p:PlainValue></p:Time>")),
              Package(kHotp, kSix, "<p:Secret><p:PlainValue>MTIzNA==</p:PlainValue></p:Secret>"),
              Package(kHotp, kSix, "<p:Secret><p:PlainValue>?</p:PlainValue></p:Secret>"),
              Package(kHotp, kSix, data,
                      "<p:Policy><p:ExpiryDate>2006-05-31T00:00:00Z</p:ExpiryDate></p:Policy>"),
              Package(kHotp, kSix, data, "<p:Policy><p:ExpiryDate>31.5.2006</p:ExpiryDate></p:Policy>"))));
  EXPECT_EQ(Shown(file),
            "1: 77 is a key for pin, which is neither HOTP nor TOTP\n"
            "2: 77 names no algorithm\n"
            "3: 77 has no secret in the file\n"
            "4: 77 has no secret in the file, only a reference to a master key\n"
            "5: 77 appends a check digit to its codes, which cannot be checked\n"
            "6: 77 has codes in the encoding HEXADECIMAL, and only DECIMAL can be checked\n"
            "7: 77 has a suite that is none of HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512\n"
            "8: 77 counts its periods from another time than 1970, which cannot be checked\n"
            "9: 77 has a secret of 4 bytes, and 10 to 128 bytes are allowed\n"
            "10: 77 has a secret that is not Base64\n"
            "11: 77 expired at 2006-05-31T00:00:00Z: add --include-expired to take it all the same\n"
            "12: 77 has an expiry date that cannot be read, 31.5.2006: add --include-expired to take it all "
            "the same\n");
}

TEST(Pskc, TakesExpiredKeysWhenAskedTo) {
  ImportOptions options = TestOptions();
  options.include_expired = true;
  const std::string text =
      Container("", Package(kHotp, kSix, absl::StrCat(PlainSecret(), kCounter),
                            "<p:Policy><p:ExpiryDate>2006-05-31T00:00:00Z</p:ExpiryDate></p:Policy>"));
  EXPECT_THAT(MustRead("pskc", text, options).entries, SizeIs(1));
}

TEST(Pskc, RefusesWhatIsNoPskc) {
  const std::string bomb =
      "<!DOCTYPE a [<!ENTITY b 'bbbb'>]><KeyContainer><KeyPackage><Key>&b;</Key></KeyPackage></KeyContainer>";
  const std::string secret = absl::StrCat("<p:Secret>", Encrypted("x#rot13", kCipherText, ""), "</p:Secret>");
  std::string deep;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&deep, "<a>");
  for (int i = 0; i < 100; ++i) absl::StrAppend(&deep, "</a>");
  const std::pair<std::string, const char*> cases[] = {
      {"<a></b>", "not well-formed"},
      {"<KeyContainer><KeyPackage>", "not well-formed"},
      {bomb, "document type declaration"},
      {deep, "nested too deep"},
      {"<Other/>", "no KeyContainer"},
      {"<KeyContainer Version='1.2'/>", "the version 1.2"},
      {"<KeyContainer Version='1'/>", "no keys"},
      {Container(kKeyName, Package(kHotp, kSix, secret)), "encryption algorithm is unknown: rot13"},
      {Container("", Package(kHotp, kSix, absl::StrReplaceAll(secret, {{"x#rot13", ""}}))),
       "names no encryption algorithm"},
      {Container("", Package(kHotp, kSix, absl::StrReplaceAll(secret, {{"x#rot13", kAes}}))),
       "does not say with which key"},
      {Container("<p:MACMethod Algorithm='x#hmac-zha9'/>", ""), "MAC algorithm is unknown"},
      {Container(kKeyName,
                 Package(kHotp, kSix,
                         absl::StrCat("<p:Secret>", Encrypted(kAes, kCipherText, kMac), "</p:Secret>"))),
       "a ValueMAC and no MACMethod"},
      {Container("", Package(kHotp, "<p:ResponseFormat CheckDigits='perhaps'/>", "")), "not a boolean"},
      {Container("", Package(kHotp, "", "",
                             "<p:Policy><p:NumberOfTransactions>TWELVE</p:NumberOfTransactions></p:Policy>")),
       "NumberOfTransactions is not a number"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_THAT(Read("pskc", text, KeyOptions(kKeyHex)).status().message(), HasSubstr(message)) << text;
}

}  // namespace
}  // namespace twofold
