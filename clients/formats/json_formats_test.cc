// Keycloak's JSON and Authelia's YAML.

#include <gmock/gmock.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "clients/formats/formats_fixture.h"

namespace twofold {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

// A credential as Keycloak writes it, with JSON inside of strings.
std::string Credential(absl::string_view secret, absl::string_view data) {
  const auto quoted = [](absl::string_view text) { return absl::StrReplaceAll(text, {{"\"", "\\\""}}); };
  return absl::StrCat(
      R"({"id":"1","type":"otp","userLabel":"Ann's phone","createdDate":1600000000000,"secretData":")",
      quoted(absl::StrCat(R"({"value":")", secret, R"("})")), R"(","credentialData":")", quoted(data), "\"}");
}

std::string Realm(absl::string_view credentials) {
  return absl::StrCat(R"({"id":"x","realm":"example","users":[{"username":"ann","credentials":[)",
                      credentials, "]}]}");
}

TEST(Keycloak, ReadsSecretsAsTextAndAsBase32) {
  const std::string text = Realm(absl::StrCat(
      Credential("12345678901234567890",
                 R"({"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"})"),
      ",",
      Credential(
          kSecretBase32,
          R"({"subType":"hotp","digits":8,"counter":5,"period":0,"algorithm":"HmacSHA512","secretEncoding":"BASE32"})")));
  const ParsedFile file = MustRead("keycloak", text);
  EXPECT_EQ(Shown(file), absl::StrCat("1: totp example/ann ", kSecretBase32, " SHA1 6 30\n",
                                      "2: hotp example/ann ", kSecretBase32, " SHA512 8 5\n"));
  EXPECT_EQ(file.entries[0].user, "ann");
  EXPECT_EQ(file.entries[0].description, "Ann's phone");
  EXPECT_EQ(file.entries[0].created, absl::FromUnixSeconds(1'600'000'000));
  EXPECT_EQ(*DetectImportFormat(text), "keycloak");
}

TEST(Keycloak, ReadsCredentialsOfOldReleasesAndSeveralRealms) {
  const std::string realm = Realm(
      R"({"type":"totp","hashedSaltedValue":"12345678901234567890","digits":6,"period":30,"algorithm":"HmacSHA1"})");
  EXPECT_THAT(MustRead("keycloak", absl::StrCat("[", realm, ",", realm, "]")).entries, SizeIs(2));
}

TEST(Keycloak, SaysWhatIsLeftOutOrWrong) {
  constexpr char kTotp[] = R"({"subType":"totp","digits":6,"period":30})";
  const ParsedFile file = MustRead(
      "keycloak",
      Realm(absl::StrCat(
          R"({"type":"password"},{"type":"webauthn"},{"type":"recovery-authn-codes"},)",
          Credential("", kTotp), ",", Credential("**********", kTotp), ",",
          Credential("12345678901234567890", R"({"subType":"x"})"), ",",
          Credential("12345678901234567890", R"({"subType":"totp","period":30})"), ",",
          Credential("12345678901234567890",
                     R"({"subType":"totp","digits":6,"period":30,"algorithm":"HmacMD5"})"),
          ",",
          Credential("not base32!", R"({"subType":"totp","digits":6,"period":30,"secretEncoding":"BASE32"})"),
          ",", Credential("x", R"({"subType":"totp","digits":6,"period":30,"secretEncoding":"HEX"})"),
          R"(,{"type":"otp","secretData":"{","credentialData":"{}"})")));
  const std::string shown = Shown(file);
  for (const char* part : {"1: ann has no secret", "2: ann has a masked secret", "3: ann is of the type x",
                           "4: ann does not say how many digits", "5: ann has a hash that is none of",
                           "6: ann has a secret that is", "7: ann has a secret in an unknown encoding (HEX)",
                           "8: ann has no secretData"}) {
    EXPECT_THAT(shown, HasSubstr(part));
  }
  EXPECT_THAT(file.notes,
              Contains("The file has 1 credentials of the type webauthn, which cannot be imported."));
}

TEST(Keycloak, RefusesRealmsWithoutUsersAndBadJson) {
  EXPECT_THAT(Read("keycloak", R"({"id":"x","realm":"example"})").status().message(),
              HasSubstr("--users realm_file"));
  EXPECT_THAT(Read("keycloak", Realm("")).status().message(), HasSubstr("no user has a credential"));
  EXPECT_THAT(Read("keycloak", R"({"realm":"example",)").status().message(), HasSubstr("not valid JSON"));
  EXPECT_THAT(Read("keycloak", std::string(100, '[') + std::string(100, ']')).status().message(),
              HasSubstr("not valid JSON"));
}

std::string Configuration(absl::string_view more) {
  return absl::StrCat(
      "  - created_at: 2020-09-13T12:26:40Z\n    last_used_at: 2023-11-14T22:00:00.5Z\n"
      "    username: 'ann'\n    issuer: Example\n    secret: ",
      absl::Base64Escape(kSecretBase32), "\n", more);
}

TEST(Authelia, ReadsTheListOfConfigurations) {
  const std::string text =
      absl::StrCat("# yaml-language-server: $schema=x\n---\ntotp_configurations:\n",
                   Configuration("    algorithm: SHA256\n    digits: 8\n    period: 60\n"), "...\n");
  const ParsedFile file = MustRead("authelia", text);
  EXPECT_EQ(Shown(file), absl::StrCat("1: totp Example/ann ", kSecretBase32, " SHA256 8 60\n"));
  EXPECT_EQ(file.entries[0].created, absl::FromUnixSeconds(1'600'000'000));
  EXPECT_TRUE(file.entries[0].last_used.has_value());
  EXPECT_EQ(*DetectImportFormat("totp_configurations:\n"), "authelia");
}

TEST(Authelia, SaysOfEachConfigurationWhyItIsRefused) {
  const ParsedFile file = MustRead(
      "authelia",
      absl::StrCat("totp_configurations:\n", Configuration("    algorithm: SHA1\n    digits: 6\n"),
                   Configuration("    algorithm: MD5\n    digits: 6\n    period: 30\n"),
                   "  - username: bob\n    secret: '!'\n", "  - username: carol\n", "  - secret: YQ==\n"));
  EXPECT_EQ(Shown(file),
            "1: ann does not say its period: add --default-period with the seconds, mostly 30\n"
            "2: ann has an algorithm that is none of SHA1, SHA256 and SHA512\n"
            "3: bob has a secret that is not Base64\n"
            "4: carol has no secret\n"
            "5:  has no username\n");
}

TEST(Authelia, ReadsTheCsv) {
  const std::string header = "issuer,username,algorithm,digits,period,secret\n";
  const std::string text =
      absl::StrCat(header, "Example,ann,SHA1,6,30,", kSecretBase32, "\nAcme, Inc.,bob,SHA1,6,30,",
                   kSecretBase32, "\nExample,carol,SHA1,6,30,?\n");
  const std::string shown = Shown(MustRead("authelia", text));
  EXPECT_THAT(shown, HasSubstr(absl::StrCat("1: totp Example/ann ", kSecretBase32, " SHA1 6 30\n")));
  EXPECT_THAT(shown, HasSubstr("2:  has 7 columns instead of 6\n"));
  EXPECT_THAT(shown, HasSubstr("3: carol has a secret that is "));
  EXPECT_EQ(*DetectImportFormat(text), "authelia");
  EXPECT_THAT(Read("authelia", header).status().message(), HasSubstr("only a header"));
}

TEST(Authelia, RefusesOtherYaml) {
  for (const std::string& text :
       {std::string("a: b\n"), std::string("totp_configurations: x\n"),
        std::string("totp_configurations:\n  - [a]\n"),
        std::string("totp_configurations:\n  - a: &x b\n    c: *x\n"),
        std::string("totp_configurations: [\n"), std::string("- a\n"),
        absl::StrCat("totp_configurations:\n", Configuration("    digits:\n      a: 1\n"))}) {
    EXPECT_THAT(Read("authelia", text).status().message(), HasSubstr("not an export of Authelia")) << text;
  }
  EXPECT_THAT(Read("authelia", "totp_configurations: []\n").status().message(),
              HasSubstr("nothing to import"));
}

}  // namespace
}  // namespace twofold
