#include "server/methods/otp/otpauth_uri.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base32.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr absl::string_view kSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

OtpauthUri Ann() {
  OtpauthUri uri;
  uri.secret = *Base32Decode(kSecret);
  uri.issuer = "ACME Co";
  uri.account_name = "ann@example.com";
  return uri;
}

// Of a TOTP URI with these parameters besides the secret.
absl::StatusOr<OtpauthUri> ParseWith(absl::string_view parameters) {
  return ParseOtpauthUri(absl::StrCat("otpauth://totp/Issuer:ann?secret=", kSecret, parameters));
}

void ExpectRefused(absl::string_view text) {
  const absl::Status status = ParseOtpauthUri(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(status.message().find("JBSW"), absl::string_view::npos) << status;
  EXPECT_EQ(status.message().find("jbsw"), absl::string_view::npos) << status;
}

TEST(FormatOtpauthUri, LeavesOutTheDefaultsOfTheFormat) {
  EXPECT_EQ(FormatOtpauthUri(Ann()),
            "otpauth://totp/ACME%20Co:ann@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
            "&issuer=ACME%20Co");
}

TEST(FormatOtpauthUri, WritesWhatIsNoDefault) {
  OtpauthUri uri = Ann();
  uri.algorithm = HashAlgorithm::kSha256;
  uri.digits = 7;
  uri.period_seconds = 60;
  EXPECT_EQ(FormatOtpauthUri(uri),
            "otpauth://totp/ACME%20Co:ann@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
            "&issuer=ACME%20Co&algorithm=SHA256&digits=7&period=60");
}

TEST(FormatOtpauthUri, WritesTheCounterOfAHotpDevice) {
  OtpauthUri uri = Ann();
  uri.type = OtpType::kHotp;
  uri.algorithm = HashAlgorithm::kSha512;
  uri.digits = 8;
  uri.counter = 42;
  EXPECT_EQ(FormatOtpauthUri(uri),
            "otpauth://hotp/ACME%20Co:ann@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
            "&issuer=ACME%20Co&algorithm=SHA512&digits=8&counter=42");
}

TEST(FormatOtpauthUri, EncodesWhatWouldBeTakenForSyntax) {
  OtpauthUri uri = Ann();
  uri.issuer = "A&B=C? #%+/";
  uri.account_name = "caf\xc3\xa9 & co";
  EXPECT_EQ(FormatOtpauthUri(uri),
            absl::StrCat("otpauth://totp/A%26B%3DC%3F%20%23%25%2B%2F:caf%C3%A9%20%26%20co?secret=", kSecret,
                         "&issuer=A%26B%3DC%3F%20%23%25%2B%2F"));
}

TEST(FormatOtpauthUri, LeavesOutAnEmptyIssuer) {
  OtpauthUri uri = Ann();
  uri.issuer.clear();
  EXPECT_EQ(FormatOtpauthUri(uri), absl::StrCat("otpauth://totp/ann@example.com?secret=", kSecret));
}

TEST(FormatOtpauthUri, NoColonIsTakenForTheEndOfTheIssuer) {
  OtpauthUri uri = Ann();
  uri.issuer = "a:b";
  uri.account_name = "c:d";
  EXPECT_NE(FormatOtpauthUri(uri).find("/a-b:c%3Ad?"), std::string::npos);
  EXPECT_NE(FormatOtpauthUri(uri).find("&issuer=a%3Ab"), std::string::npos);
  uri.issuer.clear();
  EXPECT_NE(FormatOtpauthUri(uri).find("/c-d?"), std::string::npos);
}

TEST(ParseOtpauthUri, T36_ReadsWhatWasWritten) {
  for (const HashAlgorithm algorithm :
       {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    for (const int digits : {6, 7, 8}) {
      for (const int number : {15, 30, 60, 300}) {
        for (const OtpType type : {OtpType::kTotp, OtpType::kHotp}) {
          OtpauthUri uri = Ann();
          uri.type = type;
          uri.algorithm = algorithm;
          uri.digits = digits;
          if (type == OtpType::kTotp) {
            uri.period_seconds = number;
          } else {
            uri.counter = number;
          }
          uri.issuer = "A: &%+# \xc3\xa9";
          uri.account_name = "bob:1 +%20";
          const absl::StatusOr<OtpauthUri> parsed = ParseOtpauthUri(FormatOtpauthUri(uri));
          ASSERT_TRUE(parsed.ok()) << parsed.status();
          EXPECT_EQ(parsed->type, uri.type);
          EXPECT_TRUE(parsed->secret.ConstantTimeEquals(uri.secret));
          EXPECT_EQ(parsed->issuer, uri.issuer);
          EXPECT_EQ(parsed->account_name, uri.account_name);
          EXPECT_EQ(parsed->algorithm, uri.algorithm);
          EXPECT_EQ(parsed->digits, uri.digits);
          EXPECT_EQ(parsed->period_seconds, uri.period_seconds);
          EXPECT_EQ(parsed->counter, uri.counter);
        }
      }
    }
  }
}

TEST(ParseOtpauthUri, FillsInTheDefaultsOfTheFormat) {
  const absl::StatusOr<OtpauthUri> uri = ParseOtpauthUri("otpauth://totp/ann?secret=JBSWY3DPEHPK3PXP");
  ASSERT_TRUE(uri.ok()) << uri.status();
  EXPECT_EQ(uri->type, OtpType::kTotp);
  EXPECT_EQ(uri->issuer, "");
  EXPECT_EQ(uri->account_name, "ann");
  EXPECT_EQ(uri->algorithm, HashAlgorithm::kSha1);
  EXPECT_EQ(uri->digits, 6);
  EXPECT_EQ(uri->period_seconds, 30);
}

TEST(ParseOtpauthUri, TakesIssuerAndAccountApart) {
  struct Case {
    absl::string_view label;
    absl::string_view parameter;
    absl::string_view issuer;
    absl::string_view account_name;
  };
  const Case cases[] = {
      {"Example:ann@x.org", "", "Example", "ann@x.org"},
      {"Provider1:Ann%20Lee", "", "Provider1", "Ann Lee"},
      {"Big%20Corporation%3A%20ann@x.org", "", "Big Corporation", "ann@x.org"},
      {"Example: ann", "", "Example", "ann"},
      {"ann", "&issuer=Example", "Example", "ann"},
      {"Old:ann", "&issuer=New", "New", "ann"},
      {"Old:ann", "&issuer=", "Old", "ann"},
      {"a:b:c", "", "a", "b:c"},
      {"", "", "", ""},
      {"ann", "&issuer=A+B", "A B", "ann"},
      {"Air%20Canada:ann", "&issuer=Air+Canada", "Air Canada", "ann"},
      {"ann+work", "&issuer=C%2B%2B", "C++", "ann+work"},
      {"ann/work", "&issuer=x?y", "x?y", "ann/work"},
      {"caf%c3%a9", "", "", "caf\xc3\xa9"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<OtpauthUri> uri =
        ParseOtpauthUri(absl::StrCat("otpauth://totp/", c.label, "?secret=", kSecret, c.parameter));
    ASSERT_TRUE(uri.ok()) << c.label << ": " << uri.status();
    EXPECT_EQ(uri->issuer, c.issuer) << c.label;
    EXPECT_EQ(uri->account_name, c.account_name) << c.label;
  }
}

TEST(ParseOtpauthUri, IsLenientWhereAppsAre) {
  EXPECT_EQ(ParseOtpauthUri("OTPAUTH://TOTP/a?SECRET=jbsw%20y3dp-ehpk-3pxp&Digits=8")->digits, 8);
  EXPECT_EQ(ParseOtpauthUri("otpauth://totp/a?&&digits=7&secret=JBSWY3DPEHPK3PXP&")->digits, 7);
  EXPECT_EQ(ParseWith("&algorithm=sha256")->algorithm, HashAlgorithm::kSha256);
  EXPECT_EQ(ParseOtpauthUri("otpauth://totp?secret=JBSWY3DPEHPK3PXP")->account_name, "") << "no label";
  EXPECT_EQ(ParseWith("&digits=7&digits=7")->digits, 7);
  EXPECT_TRUE(ParseWith("&image=https://x.org/a.png&image=b&lock=false&x").ok());
  EXPECT_EQ(ParseOtpauthUri("\xef\xbb\xbfotpauth://totp/a?secret=JBSWY3DPEHPK3PXP\r\n")->account_name, "a");
  // Each type ignores the other's parameter.
  EXPECT_TRUE(ParseWith("&counter=x").ok());
  EXPECT_TRUE(ParseOtpauthUri(absl::StrCat("otpauth://hotp/a?counter=0&period=x&secret=", kSecret)).ok());
}

// Lines of exports by Aegis, Ente Auth and other apps, and what they mean.
TEST(ParseOtpauthUri, ReadsWhatAppsExport) {
  struct Case {
    absl::string_view uri;
    absl::string_view issuer, account_name, secret;
    HashAlgorithm algorithm;
    int digits;
    // Of a period or a counter.
    int64_t number;
  };
  const Case cases[] = {
      {"otpauth://totp/"
       "Airbnb:Elijah?secret=7ELGJSGXNCCTV3O6LKJWYFV2RA&issuer=Airbnb&algorithm=SHA512&digits=8"
       "&period=50",
       "Airbnb", "Elijah", "7ELGJSGXNCCTV3O6LKJWYFV2RA", HashAlgorithm::kSha512, 8, 50},
      {"otpauth://hotp/Air%20Canada:Benjamin?secret=KUVJJOM753IHTNDSZVCNKL7GII&issuer=Air+Canada"
       "&algorithm=SHA256&digits=7&counter=50&codeDisplay=%7B%22pinned%22%3Afalse%2C%22tags%22%3A%5B%5D%7D",
       "Air Canada", "Benjamin", "KUVJJOM753IHTNDSZVCNKL7GII", HashAlgorithm::kSha256, 7, 50},
      {"otpauth://hotp/WWE:Mason?algorithm=sha512&digits=8&issuer=WWE&period=30"
       "&secret=5VAML3X35THCEBVRLV24CGBKOY&counter=10300",
       "WWE", "Mason", "5VAML3X35THCEBVRLV24CGBKOY", HashAlgorithm::kSha512, 8, 10300},
      {"otpauth://totp/ACME%3a  OTPAuth?issuer=ACME&secret=7KSQL2JTUDIS5EF65KLMRQIIGY", "ACME", "OTPAuth",
       "7KSQL2JTUDIS5EF65KLMRQIIGY", HashAlgorithm::kSha1, 6, 30},
      {"otpauth://totp/:  Username?secret=7KSQL2JTUDIS5EF65KLMRQIIGY", "", "Username",
       "7KSQL2JTUDIS5EF65KLMRQIIGY", HashAlgorithm::kSha1, 6, 30},
      {"otpauth://totp/pi%40raspberrypi?secret=7KSQL2JTUDIS5EF65KLMRQIIGY&issuer=raspberrypi", "raspberrypi",
       "pi@raspberrypi", "7KSQL2JTUDIS5EF65KLMRQIIGY", HashAlgorithm::kSha1, 6, 30},
      {"otpauth://totp/Secret?secret=S46SQCPPTCNPROMHWYBDCTBZXV", "", "Secret", "S46SQCPPTCNPROMHWYBDCTBZXU",
       HashAlgorithm::kSha1, 6, 30},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<OtpauthUri> uri = ParseOtpauthUri(c.uri);
    ASSERT_TRUE(uri.ok()) << c.uri << ": " << uri.status();
    EXPECT_EQ(uri->issuer, c.issuer);
    EXPECT_EQ(uri->account_name, c.account_name);
    EXPECT_EQ(Base32Encode(uri->secret.bytes()), c.secret);
    EXPECT_EQ(uri->algorithm, c.algorithm);
    EXPECT_EQ(uri->digits, c.digits);
    EXPECT_EQ(uri->type == OtpType::kTotp ? uri->period_seconds : uri->counter, c.number);
  }
}

TEST(ParseOtpauthUri, TakesTheNamesOfAlgorithmsThatLibrariesHave) {
  const std::pair<absl::string_view, HashAlgorithm> names[] = {
      {"SHA1", HashAlgorithm::kSha1},          {"sha1", HashAlgorithm::kSha1},
      {"SHA-1", HashAlgorithm::kSha1},         {"HMACSHA1", HashAlgorithm::kSha1},
      {"HmacSHA1", HashAlgorithm::kSha1},      {"HMAC-SHA-1", HashAlgorithm::kSha1},
      {"sha-256", HashAlgorithm::kSha256},     {"HmacSHA256", HashAlgorithm::kSha256},
      {"HMAC_SHA256", HashAlgorithm::kSha256}, {"HMACSHA512", HashAlgorithm::kSha512},
      {"hmac-sha512", HashAlgorithm::kSha512},
  };
  for (const auto& [name, algorithm] : names) {
    const auto uri = ParseWith(absl::StrCat("&algorithm=", name));
    ASSERT_TRUE(uri.ok()) << name;
    EXPECT_EQ(uri->algorithm, algorithm) << name;
  }
}

TEST(ParseOtpauthUri, TakesSecretsAsAppsExportThem) {
  const std::string plain =
      FormatOtpauthUri(*ParseOtpauthUri("otpauth://totp/a?secret=S46SQCPPTCNPROMHWYBDCTBZXU"));
  for (const absl::string_view secret :
       {"S46SQCPPTCNPROMHWYBDCTBZXV", "s46sqcpptcnpromhwybdctbzxv",
        "S46SQCPPTCNPROMHWYBDCTBZXU======", "S46SQCPPTCNPROMHWYBDCTBZXU%3D%3D%3D%3D%3D%3D",
        "S46S+QCPP+TCNP+ROMH+WYBD+CTBZ+XU", "S46S%20QCPP%20TCNP%20ROMH%20WYBD%20CTBZ%20XU",
        "s46s-qcpp-tcnp-romh-wybd-ctbz-xu", "%EF%BB%BFS46SQCPPTCNPROMHWYBDCTBZXU"}) {
    const auto uri = ParseOtpauthUri(absl::StrCat("otpauth://totp/a?secret=", secret));
    ASSERT_TRUE(uri.ok()) << secret << ": " << uri.status();
    EXPECT_EQ(FormatOtpauthUri(*uri), plain) << secret;
  }
}

TEST(ParseOtpauthUri, RefusesOtherUris) {
  for (const absl::string_view text :
       {"", "otpauth", "otpauth:", "otpauth://", "otpauth://totp",
        "otpauth://steam/a?secret=JBSWY3DPEHPK3PXP", "otpauth-migration://offline?data=JBSW",
        "https://totp/a?secret=JBSWY3DPEHPK3PXP", "\xef\xbbotpauth://totp/a?secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&encoder=steam", "otpauth://totp/a", "otpauth://totp/a?",
        "otpauth://totp/a?digits=6", "JBSWY3DPEHPK3PXP"}) {
    ExpectRefused(text);
  }
  ExpectRefused(absl::StrCat("otpauth://totp/a?secret=", kSecret, "&x=", std::string(4096, 'x')));
}

TEST(ParseOtpauthUri, RefusesMalformedText) {
  for (const absl::string_view parameters :
       {"&issuer=%", "&issuer=%4", "&issuer=%GG", "&issuer=%4g", "&%=1", "&x=%zz", "&issuer=a#b", "#x",
        "&issuer=%00", "&issuer=%0A", "&issuer=%7F", "&issuer=%C2%85", "&issuer=%FF", "&issuer=%C0%80",
        "&issuer=%ED%A0%80", "&issuer=\nx", "&issuer=\xff"}) {
    ExpectRefused(absl::StrCat("otpauth://totp/a?secret=", kSecret, parameters));
  }
  for (const absl::string_view label : {"%", "a%", "a%2", "%0a", "\xc3", "a\tb"}) {
    ExpectRefused(absl::StrCat("otpauth://totp/", label, "?secret=", kSecret));
  }
  ExpectRefused(absl::StrCat("otpauth://totp/", std::string(256, 'a'), "?secret=", kSecret));
  ExpectRefused(absl::StrCat("otpauth://totp/a?secret=", kSecret, "&issuer=", std::string(129, 'a')));
}

TEST(ParseOtpauthUri, RefusesAParameterThatStandsTwice) {
  for (const absl::string_view parameters :
       {"&secret=JBSWY3DPEHPK3PXP", "&SECRET=JBSWY3DPEHPK3PXP", "&s%65cret=JBSWY3DPEHPK3PXP",
        "&digits=6&digits=7", "&digits=6&Digits=8", "&period=30&period=60",
        "&algorithm=SHA1&algorithm=SHA256", "&issuer=a&issuer=b"}) {
    ExpectRefused(absl::StrCat("otpauth://totp/a?secret=", kSecret, parameters));
  }
}

TEST(ParseOtpauthUri, T38_KeepsTheBounds) {
  struct Case {
    absl::string_view parameters;
    bool accepted;
  };
  const Case cases[] = {
      {"&period=15", true},
      {"&period=300", true},
      {"&period=14", false},
      {"&period=301", false},
      {"&period=0", false},
      {"&period=-30", false},
      {"&period=+30", false},
      {"&period= 30", false},
      {"&period=30s", false},
      {"&period=30.0", false},
      {"&period=", false},
      {"&period", false},
      {"&period=0x1e", false},
      {"&period=4294967326", false},
      {"&period=18446744073709551646", false},
      {"&period=99999999999999999999999999", false},
      {"&period=%EF%BC%93%EF%BC%90", false},
      {"&digits=6", true},
      {"&digits=7", true},
      {"&digits=8", true},
      {"&digits=5", false},
      {"&digits=9", false},
      {"&digits=10", false},
      {"&digits=", false},
      {"&digits=4294967302", false},
      {"&algorithm=SHA1", true},
      {"&algorithm=SHA512", true},
      {"&algorithm=MD5", false},
      {"&algorithm=SHA384", false},
      {"&algorithm=SHA224", false},
      {"&algorithm=SHA3-256", false},
      {"&algorithm=HMAC", false},
      {"&algorithm=", false},
  };
  for (const Case& c : cases) EXPECT_EQ(ParseWith(c.parameters).ok(), c.accepted) << c.parameters;
}

TEST(ParseOtpauthUri, T38_KeepsTheBoundsOfTheCounter) {
  const std::pair<absl::string_view, bool> cases[] = {
      {"&counter=0", true},
      {"&counter=1", true},
      {"&counter=9223372032559808511", true},
      {"&counter=9223372032559808512", false},
      {"&counter=9223372036854775807", false},
      {"&counter=9223372036854775808", false},
      {"&counter=18446744073709551616", false},
      {"&counter=-1", false},
      {"&counter=", false},
      {"", false},
  };
  for (const auto& [parameter, accepted] : cases) {
    const auto uri = ParseOtpauthUri(absl::StrCat("otpauth://hotp/a?secret=", kSecret, parameter));
    EXPECT_EQ(uri.ok(), accepted) << parameter;
  }
  EXPECT_EQ(kMaxStartCounter, 9223372032559808511);
}

TEST(ParseOtpauthUri, T38_KeepsTheBoundsOfTheSecret) {
  for (const size_t size : {0, 1, 9, 10, 20, 64, 128, 129, 500}) {
    const SecretBytes secret = SecretBytes::Zeros(size);
    const auto uri = ParseOtpauthUri(absl::StrCat("otpauth://totp/a?secret=", Base32Encode(secret.bytes())));
    EXPECT_EQ(uri.ok(), size >= kMinSecretSize && size <= kMaxSecretSize) << size;
  }
  ExpectRefused("otpauth://totp/a?secret=JBSWY3DPEHPK3PX1");
  ExpectRefused("otpauth://totp/a?secret=JBSWY3DPEHPK3PXPA");
}

TEST(AppWarnings, AreNoneForTheDefaults) {
  EXPECT_TRUE(AppWarnings(Ann()).empty());
  OtpauthUri hotp = Ann();
  hotp.type = OtpType::kHotp;
  EXPECT_EQ(AppWarnings(hotp).size(), 1);
}

TEST(AppWarnings, NameEachAppOnce) {
  struct Case {
    HashAlgorithm algorithm;
    int digits;
    int period;
    size_t warnings;
  };
  const Case cases[] = {
      {HashAlgorithm::kSha256, 6, 30, 4}, {HashAlgorithm::kSha512, 6, 30, 4},
      {HashAlgorithm::kSha1, 8, 30, 2},   {HashAlgorithm::kSha1, 6, 60, 3},
      {HashAlgorithm::kSha256, 8, 60, 4},
  };
  for (const Case& c : cases) {
    OtpauthUri uri = Ann();
    uri.algorithm = c.algorithm;
    uri.digits = c.digits;
    uri.period_seconds = c.period;
    const std::vector<std::string> warnings = AppWarnings(uri);
    EXPECT_EQ(warnings.size(), c.warnings);
    EXPECT_EQ(warnings.front().find("Microsoft Authenticator"), 0);
  }
}

}  // namespace
}  // namespace twofold
