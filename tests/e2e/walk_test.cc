// A user's life with a second factor, through the real server and the real command, with an authenticator app
// that is not ours (oathtool) and a QR reader (zbarimg). Between any two steps the server is killed: what it
// acknowledged must still hold.

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/served_command.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

using google::protobuf::Struct;

UnixMillis Now() { return absl::ToUnixMillis(absl::Now()); }

// A period of which the current step has just begun, so that no boundary falls into the test.
int CalmPeriod() {
  for (int period = 300; period > 100; --period) {
    if (Now() / kMillisPerSecond % period < period / 4) return period;
  }
  return 300;
}

class Walk : public ServedCommand {
 protected:
  void Crash() {
    server_.Kill();
    server_.Start();
  }

  // What the app shows `steps` away from now.
  std::string Code(int steps) {
    return OathtoolCode(secret_, Now() + steps * period_ * kMillisPerSecond, period_);
  }

  const int period_ = CalmPeriod();
  std::string secret_;
};

TEST_F(Walk, T8_EveryStepSurvivesKill9) {
  // Enable: the user's app reads the picture.
  const std::string picture = folder_.File("qr.png");
  const ToolResult enrolled =
      Twofold({"enroll", "ann", "--description", "Ann's phone", "--period", absl::StrCat(period_),
               "--qr-file", picture, "--no-confirm", "--json"});
  ASSERT_EQ(enrolled.exit_code, 0) << enrolled.err;
  const ToolResult scanned = RunTool({"zbarimg", "--quiet", "--raw", picture});
  ASSERT_TRUE(absl::StartsWith(scanned.out, "otpauth://totp/Twofold:ann?")) << scanned.out << scanned.err;
  secret_ = scanned.out.substr(scanned.out.find("secret=") + 7);
  secret_ = secret_.substr(0, secret_.find('&'));
  const Struct enrolment = Json(enrolled);
  const std::string method =
      enrolment.fields().at("method").struct_value().fields().at("methodId").string_value();
  Crash();

  // A pending method logs nobody in.
  const ToolResult early = Twofold({"verify", "ann", Code(0)});
  EXPECT_EQ(early.exit_code, 1);
  Crash();

  // Confirm: the backup codes are shown.
  const ToolResult confirmed = Twofold({"confirm", "ann", method, Code(-1), "--json"});
  ASSERT_EQ(confirmed.exit_code, 0) << confirmed.out << confirmed.err;
  std::vector<std::string> backup;
  const Struct confirmation = Json(confirmed);
  for (const auto& code : confirmation.fields().at("backupCodes").list_value().values()) {
    backup.push_back(code.string_value());
  }
  ASSERT_EQ(backup.size(), 10U);
  Crash();

  // Log in; the code that confirmed, and the code that logged in, are spent.
  EXPECT_EQ(Twofold({"verify", "ann", Code(-1)}).exit_code, 1);
  Crash();
  EXPECT_EQ(Twofold({"verify", "ann", Code(0)}).exit_code, 0);
  Crash();
  EXPECT_EQ(Twofold({"verify", "ann", Code(0)}).exit_code, 1);
  Crash();
  EXPECT_EQ(Twofold({"verify", "ann", Code(+1)}).exit_code, 0);
  Crash();

  // Lose the phone: a backup code logs in once, in lower case without dashes too.
  EXPECT_EQ(Twofold({"verify", "ann", backup[3]}).exit_code, 0);
  Crash();
  EXPECT_EQ(Twofold({"verify", "ann", backup[3]}).exit_code, 1);
  Crash();
  const ToolResult methods = Twofold({"methods", "ann", "--json"});
  ASSERT_EQ(methods.exit_code, 0) << methods.err;
  const Struct listed = Json(methods);
  EXPECT_TRUE(listed.fields().at("secondFactorRequired").bool_value());
  const auto& all = listed.fields().at("methods").list_value().values();
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all.at(0).struct_value().fields().at("description").string_value(), "Ann's phone");
  EXPECT_EQ(all.at(1).struct_value().fields().at("methodId").string_value(), "backup");
  EXPECT_EQ(all.at(1)
                .struct_value()
                .fields()
                .at("backupCodes")
                .struct_value()
                .fields()
                .at("remaining")
                .number_value(),
            9);
  Crash();

  // New emergency codes, for a proof; the old ones are dead.
  const ToolResult rotated = Twofold({"backup-codes", "rotate", "ann", "--proof-code", backup[4], "--json"});
  ASSERT_EQ(rotated.exit_code, 0) << rotated.out << rotated.err;
  const std::string fresh = Json(rotated).fields().at("backupCodes").list_value().values(0).string_value();
  Crash();
  EXPECT_EQ(Twofold({"verify", "ann", backup[5]}).exit_code, 1);
  EXPECT_EQ(Twofold({"verify", "ann", fresh}).exit_code, 0);
  Crash();

  // An administrator resets.
  EXPECT_EQ(Twofold({"admin", "reset", "ann", "--yes"}).exit_code, 0);
  Crash();
  const ToolResult gone = Twofold({"methods", "ann", "--json"});
  EXPECT_FALSE(Json(gone).fields().at("secondFactorRequired").bool_value());
  EXPECT_EQ(server_.Terminate(), 0);
}

TEST_F(Walk, TheCommandAsksForTheCodeAndPrintsBackupCodes) {
  const std::string secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
  const std::string file = folder_.File("secret");
  ASSERT_EQ(RunTool({"tee", file}, secret).exit_code, 0);
  const std::string code = OathtoolCode(secret, Now(), period_);
  const ToolResult result = Twofold(
      {"enroll", "bob", "--import-secret-file", file, "--period", absl::StrCat(period_)}, code + "\n");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(absl::StrContains(result.out, "█") || absl::StrContains(result.out, "▀")) << result.out;
  EXPECT_TRUE(absl::StrContains(result.out, "Confirmed"));
}

TEST_F(Walk, AUriThatAnAppExportsIsImported) {
  const std::string secret = "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK";
  const std::string file = folder_.File("uri");
  const std::string uri = absl::StrCat("otpauth://totp/Acme:una?secret=", secret, "&period=", period_);
  ASSERT_EQ(RunTool({"tee", file}, uri).exit_code, 0);
  const std::string code = OathtoolCode(secret, Now(), period_);
  const ToolResult result = Twofold({"enroll", "una", "--import-uri-file", file, "--code", code, "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(Walk, T29_NoSecretCodeOrBackupCodeIsLeftInLogOrDatabase) {
  const std::string secret = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU";
  const std::string file = folder_.File("secret");
  ASSERT_EQ(RunTool({"tee", file}, secret).exit_code, 0);
  const std::string code = OathtoolCode(secret, Now(), period_);
  const ToolResult result = Twofold({"enroll", "eve", "--import-secret-file", file, "--period",
                                     absl::StrCat(period_), "--code", code, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const Struct shown = Json(result);
  const Struct& confirmation = shown.fields().at("confirmation").struct_value();
  const std::string backup = confirmation.fields().at("backupCodes").list_value().values(0).string_value();
  EXPECT_EQ(Twofold({"verify", "eve", backup}).exit_code, 0);
  EXPECT_EQ(Twofold({"verify", "eve", "no code at all"}).exit_code, 1);
  const ToolResult metrics =
      RunTool({"python3", "-c",
               "import sys,urllib.request;"
               "print(urllib.request.urlopen('http://'+sys.argv[1]+'/metrics').read().decode())",
               server_.ops_address()});
  EXPECT_TRUE(absl::StrContains(metrics.out, "twofold_verify_total")) << metrics.err;
  EXPECT_EQ(server_.Terminate(), 0);

  const std::string raw_secret = "TestSecretTestSecret";  // What the base32 above spells.
  for (const std::string& needle : {secret, raw_secret, code, backup, std::string("no code at all")}) {
    EXPECT_FALSE(absl::StrContains(server_.Log(), needle)) << needle;
    EXPECT_FALSE(absl::StrContains(metrics.out, needle)) << needle;
    // grep answers 1 for "nowhere".
    EXPECT_EQ(RunTool({"grep", "-r", "-a", "-F", "-q", needle, folder_.File("data")}).exit_code, 1) << needle;
  }
}

}  // namespace
}  // namespace twofold
