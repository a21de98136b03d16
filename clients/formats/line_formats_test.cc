// The formats that have an entry on each line.

#include <gmock/gmock.h>

#include "absl/strings/escaping.h"
#include "clients/formats/formats_fixture.h"
#include "common/hex.h"

namespace twofold {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Uri(absl::string_view rest) { return absl::StrCat("otpauth://", rest); }

TEST(UriList, ReadsEachLineAndCountsAllOfThem) {
  const ParsedFile file =
      MustRead("otpauth", absl::StrCat("\xef\xbb\xbf# exported\r\n\r\n",
                                       Uri("totp/ACME%20Co:ann@example.com?issuer=ACME+Co&secret="),
                                       kSecretBase32, "\r\n", "  OTPAUTH://HOTP/bob?SECRET=", kSecretBase32,
                                       "&COUNTER=4&algorithm=sha256&digits=8&period=30&codeDisplay=x  \n"));
  EXPECT_EQ(Shown(file), absl::StrCat("3: totp ACME Co/ann@example.com ", kSecretBase32, " SHA1 6 30\n",
                                      "4: hotp /bob ", kSecretBase32, " SHA256 8 4\n"));
  EXPECT_EQ(file.entries[0].user, "ann@example.com");
  EXPECT_THAT(file.notes,
              ElementsAre("1 entry has the secret of an earlier one. Number 4 repeats number 3."));
}

TEST(UriList, SaysOfEachLineWhyItIsRefused) {
  const std::string secret = absl::StrCat("secret=", kSecretBase32);
  const ParsedFile file = MustRead(
      "otpauth",
      absl::StrCat("http://example.com\n", "GEZDGNBVGY3TQOJQ\n", Uri("totp/a?"), "\n", Uri("motp/a?"), secret,
                   "\n", Uri("totp/a?digits=9&"), secret, "\n", Uri("totp/a?period=5&"), secret, "\n",
                   Uri("totp/a?algorithm=SHA3-256&"), secret, "\n", Uri("totp/a?secret=GEZDGNBV"), "\n",
                   Uri("hotp/a?"), secret, "\n", Uri("totp/a?algorithm=SHA1&algorithm=SHA256&"), secret, "\n",
                   Uri("steam/Steam:a?"), secret, "\n", Uri("totp/Steam:a?digits=5&"), secret, "\n"));
  EXPECT_THAT(file.entries, IsEmpty());
  const std::string shown = Shown(file);
  EXPECT_EQ(shown.find(kSecretBase32), std::string::npos);
  for (const char* part :
       {"1:  is a URI of the scheme http", "2:  is not an otpauth URI",
        "3:  is refused: otpauth URI: the parameter secret is missing",
        "4:  is refused: otpauth URI: its type", "5:  is refused: otpauth URI: the parameter digits",
        "6:  is refused: otpauth URI: the parameter period",
        "7:  is refused: otpauth URI: the parameter algorithm",
        "8:  is refused: otpauth URI: the secret has not between 10 and 128 bytes",
        "9:  is refused: otpauth URI: the parameter counter is missing",
        "10:  is refused: otpauth URI: the parameter algorithm stands twice", "11:  is a Steam account",
        "12:  is a Steam account"}) {
    EXPECT_THAT(shown, HasSubstr(part));
  }
}

TEST(UriList, TakesTheCounterOfTheFlagAndARepeatedParameter) {
  ImportOptions options = TestOptions();
  options.defaults.counter = 7;
  const std::string text = Uri(absl::StrCat("hotp/a?digits=8&secret=", kSecretBase32, "&digits=8"));
  EXPECT_EQ(Shown(MustRead("otpauth", text, options)),
            absl::StrCat("1: hotp /a ", kSecretBase32, " SHA1 8 7\n"));
}

TEST(UriList, RefusesFilesWithoutAUri) {
  EXPECT_THAT(Read("otpauth", "").status().message(), HasSubstr("the file is empty"));
  EXPECT_THAT(Read("otpauth", "# nothing\n\n").status().message(), HasSubstr("only comments"));
  EXPECT_THAT(Read("otpauth", "some text\n").status().message(), HasSubstr("no otpauth:// or"));
}

// The message of an account: secret, name, issuer, and the bytes of the rest.
std::string Account(absl::string_view name, absl::string_view issuer, absl::string_view rest) {
  const std::string secret = BytesOfHex(kSecretHex);
  std::string account = absl::StrCat("\x0a", std::string(1, static_cast<char>(secret.size())), secret, "\x12",
                                     std::string(1, static_cast<char>(name.size())), name);
  if (!issuer.empty())
    absl::StrAppend(&account, "\x1a", std::string(1, static_cast<char>(issuer.size())), issuer);
  absl::StrAppend(&account, rest);
  return absl::StrCat("\x0a", std::string(1, static_cast<char>(account.size())), account);
}

std::string Migration(absl::string_view payload) {
  return absl::StrCat("otpauth-migration://offline?data=", absl::Base64Escape(payload), "\n");
}

TEST(GoogleMigration, ReadsAccountsWithAndWithoutTheirDefaults) {
  const std::string text =
      absl::StrCat("# a comment\n",
                   Migration(absl::StrCat(Account("ann", "ACME", "\x20\x01\x28\x01\x30\x02"),
                                          Account("ACME: bob", "ACME", "\x30\x02"))),
                   Migration(Account("note: carol", "", "\x20\x02\x28\x02\x30\x01\x38\x04")));
  const ParsedFile file = MustRead("google-migration", text);
  EXPECT_EQ(Shown(file), absl::StrCat("2: totp ACME/ann ", kSecretBase32, " SHA1 6 30\n", "2: totp ACME/bob ",
                                      kSecretBase32, " SHA1 6 30\n", "3: hotp /note: carol ", kSecretBase32,
                                      " SHA256 8 4\n"));
}

TEST(GoogleMigration, ReadsEscapedData) {
  std::string text = Migration(Account("ann", "", "\x30\x02"));
  for (size_t at; (at = text.find("==")) != std::string::npos;) text.replace(at, 2, "%3D%3d");
  EXPECT_THAT(MustRead("google-migration", text).entries, SizeIs(1));
}

TEST(GoogleMigration, SaysWhatIsWrong) {
  const ParsedFile file =
      MustRead("google-migration",
               absl::StrCat("otpauth-migration://offline?data=XXXX\n", "otpauth-migration://offline\n",
                            Migration(""), Migration(Account("ann", "", "\x30\x03")),
                            Migration(Account("bob", "", "\x20\x04\x30\x02")),
                            "otpauthmigration://offline?data=XXXX\n"));
  EXPECT_EQ(Shown(file),
            "1:  is a migration URI whose payload is not a valid message, or has no account\n"
            "2:  is a migration URI whose parameter data is missing or is not Base64\n"
            "3:  is a migration URI whose parameter data is missing or is not Base64\n"
            "4: ann is neither a TOTP nor a HOTP account\n"
            "5: bob has a hash that is none of SHA1, SHA256 and SHA512\n"
            "6:  is a URI of the scheme otpauthmigration, and only otpauth and otpauth-migration are read\n");
}

TEST(GoogleMigration, NotesPartsThatAreMissing) {
  // The first of three.
  const std::string text = Migration(absl::StrCat(Account("ann", "", "\x30\x02"), "\x18\x03\x28\x05"));
  EXPECT_THAT(MustRead("google-migration", text).notes,
              ElementsAre("The app split its accounts into 3 codes, and the file has 1 of them."));
}

TEST(OathCsv, ReadsAllColumnsAndSaysWhatItFilledIn) {
  const ParsedFile file =
      MustRead("oath-csv", absl::StrCat("# serial, secret\n", "T1, ", kSecretHex, "\n", "T2,", kSecretHex,
                                        ",TOTP,8,60,Sha512,\n", "T3, ", kSecretHex, " , hotp,  8 , 17, , ,\n",
                                        "\"T,4\",", kSecretHex, ",totp,,\n"));
  EXPECT_EQ(Shown(file), absl::StrCat("2: hotp /T1 ", kSecretBase32, " SHA1 6 0\n", "3: totp /T2 ",
                                      kSecretBase32, " SHA512 8 60\n", "4: hotp /T3 ", kSecretBase32,
                                      " SHA1 8 17\n", "5: totp /T,4 ", kSecretBase32, " SHA1 6 30\n"));
  EXPECT_THAT(file.notes, Contains("2 lines leave out the digits, which means 6 in this format."));
  EXPECT_THAT(file.notes, Contains("1 line leaves out the type, which means hotp in this format."));
  EXPECT_THAT(file.notes, Contains("1 line leaves out the period, which means 30 s in this format."));
  EXPECT_THAT(file.notes, Contains("1 line leaves out the counter, which means 0 in this format."));
}

TEST(OathCsv, AsksForTheHashOfALongSecret) {
  const std::string text = absl::StrCat("T1, ", std::string(64, 'a'), ", totp, 6, 30\n");
  EXPECT_THAT(Shown(MustRead("oath-csv", text)), HasSubstr("add --default-algorithm"));
  ImportOptions options = TestOptions();
  options.defaults.algorithm_by_length = true;
  EXPECT_THAT(Shown(MustRead("oath-csv", text, options)), HasSubstr(" SHA256 6 30"));
  options.defaults.algorithm = HashAlgorithm::kSha1;
  EXPECT_THAT(Shown(MustRead("oath-csv", text, options)), HasSubstr(" SHA1 6 30"));
}

TEST(OathCsv, ReadsTheUsersOfTheSecondVersion) {
  const std::string text =
      absl::StrCat("# version: 2\n", "ann, ldap, example, T1, ", kSecretHex, ", totp, 6, 30\n");
  const ParsedFile file = MustRead("oath-csv", text);
  ASSERT_THAT(file.entries, SizeIs(1));
  EXPECT_EQ(file.entries[0].user, "ann");
  EXPECT_EQ(file.entries[0].serial, "T1");
  EXPECT_EQ(*DetectImportFormat(text), "oath-csv");
}

TEST(OathCsv, RefusesALineOfNamesAndReadsTheRest) {
  const std::string text = absl::StrCat("serial,secret,type\n", "T1,", kSecretHex, ",totp\n");
  EXPECT_EQ(*DetectImportFormat(text), "oath-csv");
  const ParsedFile file = MustRead("oath-csv", text);
  EXPECT_THAT(file.entries, SizeIs(1));
  EXPECT_THAT(file.errors, SizeIs(1));
}

TEST(OathCsv, SaysOfEachLineWhyItIsRefused) {
  const ParsedFile file = MustRead(
      "oath-csv", absl::StrCat("T1\n", "T2, xyz\n", "T3, 1212\n", "T4, ", kSecretHex, ", ocra\n", "T5, ",
                               kSecretHex, ", totp, six\n", "T6, ", kSecretHex, ", totp, 6, 5\n", "T7, ",
                               kSecretHex, ", hotp, 6, 0, md5\n", ", ", kSecretHex, "\n", "\"T9\n"));
  EXPECT_EQ(Shown(file),
            "1:  has less than two columns\n"
            "2: T2 has a secret that is not hexadecimal\n"
            "3: T3 has a secret of 2 bytes, and 10 to 128 bytes are allowed\n"
            "4: T4 is of the type ocra, which is neither hotp nor totp\n"
            "5: T5 has a number of digits that is not a number\n"
            "6: T6 has a period of 5 s, and 15 to 300 s are allowed\n"
            "7: T7 has a hash that is none of SHA1, SHA256 and SHA512\n"
            "8:  has no serial number\n"
            "9:  has a quote that is not closed\n");
}

// All formats share the bounds.
TEST(OathCsv, T38_KeepsTheBoundsOfImports) {
  const auto accepts = [](size_t secret_size, absl::string_view rest) {
    const ParsedFile file =
        MustRead("oath-csv", absl::StrCat("T1,", std::string(2 * secret_size, 'a'), ",", rest));
    return file.entries.size() == 1;
  };
  EXPECT_TRUE(accepts(10, "totp,6,15"));
  EXPECT_TRUE(accepts(128, "totp,8,300"));
  EXPECT_TRUE(accepts(20, "hotp,7,9223372032559808511"));
  EXPECT_FALSE(accepts(9, "totp,6,30"));
  EXPECT_FALSE(accepts(129, "totp,6,30"));
  for (const char* rest :
       {"totp,5,30", "totp,9,30", "totp,6,14", "totp,6,301", "totp,6,0", "totp,6,4294967326",
        "totp,4294967302,30", "hotp,6,9223372032559808512", "hotp,6,9223372036854775808", "hotp,6,-1"}) {
    EXPECT_FALSE(accepts(20, rest)) << rest;
  }
}

TEST(YubikeyCsv, ReadsBothFormatsAndAsksForTheDigits) {
  const std::string text = absl::StrCat(
      "LOGGING START,14.02.17 18:00\n", "Yubico OTP,12/11/2013 11:10,1,vv,ab,", kSecretHex,
      ",,,0,0,0,0,0,0,0,0,0,0\n", "OATH-HOTP,11.12.13 18:55,1,cccc,,", kSecretHex, ",,,0,0,0,8,0,0,0,0,0,0\n",
      "Static Password,11.12.13 19:08,1,,d5,", kSecretHex, ",,,0,0,0,0,0,0,0,0,0,0\n", "# OATH mode\n",
      "508327,,0,", kSecretHex, ",,2013-12-12T08:41:07,\n", "508328,cccc,83ce,a47c,,2013-12-12T08:43:17,\n",
      "508329,,,9e2f,,2013-12-12T08:44:34,\n", "508330,,0,0,,2013-12-12T08:44:34,\n");
  const std::string others =
      "2:  is a slot with Yubico OTP (AES) or challenge and response, which has no HOTP\n"
      "4:  is a slot with a static password, which has no HOTP\n";
  const ParsedFile file = MustRead("yubikey-csv", text);
  EXPECT_EQ(
      Shown(file),
      absl::StrCat("3: hotp Yubico/cccc ", kSecretBase32, " SHA1 8 0\n", others,
                   "6: 508327 does not say how many digits a code has: add --default-digits with 6, 7 or 8\n"
                   "7: 508328 is a slot with Yubico OTP (AES), which has no HOTP\n"
                   "8: 508329 is a slot with a static password, which has no HOTP\n"
                   "9: 508330 has a secret that is not usable hexadecimal\n"));
  EXPECT_THAT(file.notes, Contains(HasSubstr("Keys count from 0")));
  ImportOptions options = TestOptions();
  options.defaults.digits = 6;
  EXPECT_THAT(Shown(MustRead("yubikey-csv", text, options)),
              HasSubstr(absl::StrCat("6: hotp Yubico/508327 ", kSecretBase32, " SHA1 6 0\n")));
  EXPECT_EQ(*DetectImportFormat(text), "yubikey-csv");
}

}  // namespace
}  // namespace twofold
