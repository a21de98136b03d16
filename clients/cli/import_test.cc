// What `twofold admin import` reads, sends and shows. //clients/formats tests the formats.
#include <gmock/gmock.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "clients/cli/error_output.h"
#include "crypto/cms.h"
#include "tests/harness/command_fixture.h"
#include "tests/harness/tool.h"
#include "twofold/v1/admin_service.pb.h"

namespace twofold {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kSecret[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
constexpr char kSecretHex[] = "3132333435363738393031323334353637383930";

class ImportTest : public CommandTest {
 protected:
  std::string File(const std::string& name, const std::string& content) {
    std::ofstream(folder_.File(name), std::ios::binary) << content;
    return folder_.File(name);
  }

  Outcome Import(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"admin", "import"});
    return Run(arguments);
  }

  std::vector<v1::ImportMethodsRequest> Sent() const { return server_.Requests<v1::ImportMethodsRequest>(); }

  static std::string Uri(const std::string& user) {
    return absl::StrCat("otpauth://totp/ACME:", user, "?secret=", kSecret, "\n");
  }

  TempFolder folder_;
};

TEST_F(ImportTest, SendsEachMethodAndCountsTheResults) {
  v1::ImportMethodsResponse response;
  response.add_results()->set_outcome(v1::IMPORT_OUTCOME_IMPORTED);
  response.mutable_results(0)->set_method_id("m1");
  response.add_results()->set_outcome(v1::IMPORT_OUTCOME_UNCHANGED);
  response.add_results()->set_outcome(v1::IMPORT_OUTCOME_REFUSED);
  response.mutable_results(2)->set_message("The subject has too many methods.");
  server_.Answer(response);
  const std::string file = File(
      "uris", absl::StrCat("# from the old system\n", Uri("ann"), "nonsense\n", Uri("bob"), Uri("carol")));
  const Outcome outcome = Import({file, "--tenant", "blue", "--verbose"});
  EXPECT_EQ(outcome.exit_code, kRefused);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "Read as otpauth: 4 entries, 3 of them usable.\n"
            "Line 3 is not an otpauth URI.\n"
            "Note: 2 entries have the secret of an earlier one. Number 4 repeats number 2.\n"
            "Line 2 (ann) is imported for ann.\n"
            "Line 4 (bob) is there already for bob.\n"
            "Line 5 (carol) is refused: The subject has too many methods.\n"
            "Imported: 1, unchanged: 1, refused: 2\n");
  ASSERT_THAT(Sent(), SizeIs(1));
  EXPECT_FALSE(Sent()[0].dry_run());
  ASSERT_EQ(Sent()[0].methods_size(), 3);
  EXPECT_EQ(Sent()[0].methods(0).tenant(), "blue");
  EXPECT_EQ(Sent()[0].methods(0).user_id(), "ann");
  EXPECT_EQ(Sent()[0].methods(0).otpauth_uri(),
            absl::StrCat("otpauth://totp/ACME:ann?secret=", kSecret, "&issuer=ACME"));
}

TEST_F(ImportTest, PrintsOneJsonObject) {
  const std::string file = File("tokens.csv", absl::StrCat("T1,", kSecretHex, ",totp,6,30\nT2,xyz\n"));
  const Outcome outcome =
      Import({file, "--user-map", File("map", "serial,user\nT1,ann\n"), "--json", "--verbose"});
  EXPECT_EQ(outcome.exit_code, kRefused);
  const auto object = FromJson(outcome.out);
  EXPECT_EQ(TextAt(object, "format"), "oath-csv");
  EXPECT_EQ(object.fields().at("importedCount").number_value(), 1);
  EXPECT_EQ(object.fields().at("refusedCount").number_value(), 1);
  const auto& refused = object.fields().at("notImported").list_value().values(0).struct_value();
  EXPECT_EQ(refused.fields().at("position").number_value(), 2);
  EXPECT_EQ(TextAt(refused, "message"), "has a secret that is not hexadecimal");
  EXPECT_EQ(TextAt(object.fields().at("imported").list_value().values(0).struct_value(), "userId"), "ann");
  EXPECT_THAT(outcome.out, AllOf(Not(HasSubstr(kSecret)), Not(HasSubstr(kSecretHex))));
}

TEST_F(ImportTest, SendsManyMethodsInSeveralStreams) {
  std::string uris;
  for (int i = 0; i < 2500; ++i) absl::StrAppend(&uris, Uri(absl::StrCat("user", i)));
  const Outcome outcome = Import({File("uris", uris)});
  EXPECT_EQ(outcome.exit_code, kDone) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Imported: 2500, unchanged: 0, refused: 0\n"));
  int sent = 0;
  for (const v1::ImportMethodsRequest& stream : Sent()) sent += stream.methods_size();
  EXPECT_THAT(Sent(), SizeIs(3));
  EXPECT_EQ(sent, 2500);
}

TEST_F(ImportTest, SendsABrokenStreamAgain) {
  server_.RefuseNext(
      MakeStatus({.code = grpc::StatusCode::UNAVAILABLE, .message = "no", .reason = "STORAGE_UNAVAILABLE"}));
  EXPECT_THAT(Import({File("uris", Uri("ann"))}).out, HasSubstr("Imported: 1, "));
  ASSERT_THAT(Sent(), SizeIs(2));
  EXPECT_EQ(Sent()[0].SerializeAsString(), Sent()[1].SerializeAsString());
}

TEST_F(ImportTest, StopsAtAnErrorAndSaysHowToGoOn) {
  server_.RefuseNext(
      MakeStatus({.code = grpc::StatusCode::PERMISSION_DENIED, .message = "not allowed", .reason = ""}));
  const Outcome outcome = Import({File("uris", Uri("ann"))});
  EXPECT_EQ(outcome.exit_code, kRefused);
  EXPECT_THAT(outcome.out, HasSubstr("Imported: 0, unchanged: 0, refused: 0, without an answer: 1\n"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("not allowed"), HasSubstr("Run the same command again")));
}

TEST_F(ImportTest, DryRunChecksAndStoresNothing) {
  const Outcome outcome = Import({File("uris", Uri("ann")), "--dry-run"});
  EXPECT_THAT(
      outcome.out,
      HasSubstr("Would be imported: 1, unchanged: 0, refused: 0\nThis was a dry run. Nothing was stored.\n"));
  EXPECT_TRUE(Sent()[0].dry_run());
  const Outcome alone = RunCommand({"admin", "import", File("uris", absl::StrCat(Uri("ann"), "x\n")),
                                    "--dry-run", "--address", absl::StrCat("unix:", folder_.File("nobody"))});
  EXPECT_EQ(alone.exit_code, kUnreachable);
  EXPECT_THAT(
      alone.out,
      AllOf(StartsWith("Read as otpauth: 2 entries, 1 of them usable.\nLine 2 is not an otpauth URI.\n"),
            HasSubstr("without an answer: 1")));
  EXPECT_THAT(alone.err, HasSubstr("the server could not check all entries: "));
}

TEST_F(ImportTest, RefusesAWholeFileInOneLine) {
  const std::pair<std::string, const char*> cases[] = {
      {R"({"header": {}, "db": {}})", "the file is an export of Aegis, and such files are not read: "},
      {"<KeyContainer", "not well-formed XML"},
      {"", "the file is empty"},
      {"what is this", "name it with --format"},
  };
  for (const auto& [content, part] : cases) {
    const Outcome outcome = Import({File("file", content)});
    EXPECT_EQ(outcome.exit_code, kRefused);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err,
                AllOf(StartsWith(absl::StrCat("twofold: ", folder_.File("file"), ": ")), HasSubstr(part)));
  }
  EXPECT_THAT(Sent(), SizeIs(0));
}

TEST_F(ImportTest, RefusesAWrongCommandLine) {
  const std::string file = File("tokens.csv", absl::StrCat("T1,", kSecretHex, "\n"));
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{folder_.File("missing")}, "cannot read "},
      {{file, "--format", "excel"}, "there is no format excel"},
      {{file, "--default-digits", "9"}, "--default-digits"},
      {{file, "--default-algorithm", "md5"}, "must be SHA1, SHA256, SHA512 or by-length"},
      {{file, "--key-file", File("key", "no hex")}, "hexadecimal"},
      {{file, "--iv", "xx"}, "hexadecimal"},
      {{file, "--user-map", File("map", "serial,user\nT1,ann\nT1,bob\n")},
       "line 3 repeats the serial of line 2"},
      {{file, "--user-map", File("map2", "T1,ann\n")}, "must name its columns"},
      {{file, "--format", "sealed"}, "needs its private key"},
  };
  for (const auto& [arguments, part] : cases) {
    const Outcome outcome = Import(arguments);
    EXPECT_EQ(outcome.exit_code, kUsage) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(part));
  }
  EXPECT_THAT(Sent(), SizeIs(0));
}

TEST_F(ImportTest, OpensASealedExport) {
  auto sealer = CmsSealer::ForPassword("correct horse battery");
  ASSERT_TRUE(sealer.ok());
  std::string content =
      (*sealer)->Add(R"({"tenant":"blue","userId":"ann","otpauthUri":"otpauth://x","preferred":true})");
  content += (*sealer)->Finish();
  const std::string file = File("export.cms", content);
  EXPECT_EQ(Import({file, "--password-file", File("password", "correct horse battery\n")}).exit_code, kDone);
  ASSERT_THAT(Sent(), SizeIs(1));
  EXPECT_EQ(Sent()[0].methods(0).tenant(), "blue");
  EXPECT_TRUE(Sent()[0].methods(0).preferred());
  const Outcome wrong = Import({file, "--password-file", File("wrong", "wrong horse battery\n")});
  EXPECT_EQ(wrong.exit_code, kRefused);
  EXPECT_THAT(wrong.err, HasSubstr("does not open"));
  EXPECT_EQ(
      Import({file, "--tenant", "red", "--password-file", File("p", "correct horse battery")}).exit_code,
      kUsage);
}

TEST_F(ImportTest, ReadsStandardInput) {
  EXPECT_EQ(RunCommand(At({"admin", "import", "-"}), Uri("ann")).exit_code, kDone);
  EXPECT_THAT(Sent(), SizeIs(1));
}

}  // namespace
}  // namespace twofold
