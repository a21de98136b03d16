// Files that are known and not read.

#include "clients/formats/refused.h"

#include <gmock/gmock.h>

#include "clients/formats/formats_fixture.h"

namespace twofold {
namespace {

using testing::HasSubstr;

TEST(RefusedFormats, AreNamedWithTheWayToAFormatThatIsRead) {
  const std::pair<std::string, const char*> cases[] = {
      {R"({"services": [], "schemaVersion": 4, "appOrigin": "ios"})", "2FAS"},
      {R"({"app": "2fauth_v3", "data": [ , ]})", "2FAuth"},
      {R"({"version": 1, "header": {"slots": null}, "db": {}})", "Aegis"},
      {R"([{"accountType": "OtpAccount", "otpGenerator": {}}])", "Duo Mobile"},
      {R"({"version": 1, "kdfParams": {}, "encryptedData": "x"})", "Ente Auth"},
      {R"({"tokenOrder": [], "tokens": []})", "FreeOTP+"},
      {R"({"entries": [{"content": {"entry_type": "Totp"}}]})", "Proton Authenticator"},
      {R"({"version": 1, "salt": "x", "content": "y"})", "encrypted export of Proton"},
      {R"({"accounts": {"a": {"shared_secret": "x"}}})", "Steam Guard"},
      {R"({"Authenticators": [{"Secret": "x"}]})", "Stratum"},
      {R"({"encrypted": true, "items": []})", "encrypted export of Bitwarden"},
      {R"({"encrypted": false, "items": [{"login": {}}]})", "export of Bitwarden"},
      {R"([{"secret": "x", "thumbnail": "Default"}])", "andOTP"},
      {"<?xml?><map><string name=\"com.authy.storage.x\"/></map>", "Authy"},
      {"<map><string name=\"a\">{&quot;issuerExt&quot;}</string></map>", "FreeOTP"},
      {"<Tokens><Token serial=\"1\"><Seed>12</Seed></Token></Tokens>", "SafeNet"},
      {"dn: sccAuthenticatorId=1\nsccTokenData: sccKey=12;", "SafeWord"},
      {"-----BEGIN PGP MESSAGE-----\n", "PGP"},
      {"AUTHENTICATORPRO\x01", "Stratum"},
      {std::string("\xac\xed\x00\x05sr", 6), "FreeOTP"},
      {"\x89PNG\r\n", "a picture"},
      {"PK\x03\x04", "ZIP"},
      {"\xff\xfeo", "UTF-16"},
      {std::string("SQLite format 3\0 auditlog_export", 32), "Google Authenticator"},
      {std::string("SQLite format 3\0 oath_secret_key", 32), "Microsoft Authenticator"},
      {std::string("SQLite format 3\0", 16), "SQLite database of an unknown system"},
      {std::string("\x00\x02\x39\x70", 4) + std::string(40, 'x'), "andOTP"},
      {std::string(256, 'A'), "TOTP Authenticator"},
  };
  for (const auto& [text, name] : cases) {
    const auto detected = DetectImportFormat(text);
    EXPECT_THAT(detected.status().message(), HasSubstr(name));
    EXPECT_THAT(detected.status().message(), HasSubstr("such files are not read: "));
    // Also where somebody takes them for something else.
    EXPECT_THAT(Read("otpauth", text).status().message(), HasSubstr(name));
  }
}

TEST(RefusedFormats, DoNotHoldWhatIsRead) {
  EXPECT_EQ(FindRefusedFormat("otpauth://totp/a?secret=x"), nullptr);
  EXPECT_EQ(FindRefusedFormat(R"({"realm": "x", "users": [{"db": 1, "header": 2}]})"), nullptr);
  EXPECT_EQ(FindRefusedFormat(kSecretBase32), nullptr);
}

TEST(Detection, SaysWhatCanBeNamedWhenItKnowsNothing) {
  EXPECT_THAT(
      DetectImportFormat("what is this").status().message(),
      HasSubstr("name it with --format, if it is one of otpauth, google-migration, oath-csv, yubikey-csv, "
                "pskc, keycloak, authelia and sealed"));
  EXPECT_THAT(DetectImportFormat("").status().message(), HasSubstr("the file is empty"));
  EXPECT_EQ(*DetectImportFormat("otpauth-migration://offline?data=x"), "google-migration");
  EXPECT_EQ(*DetectImportFormat("http://x\notpauth://totp/x"), "otpauth");
  EXPECT_EQ(*DetectImportFormat("\xef\xbb\xbf# x\r\n\r\nOTPAUTH://totp/x"), "otpauth");
}

}  // namespace
}  // namespace twofold
