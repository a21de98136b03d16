// Tests of enrolment with a person, a pipe and a script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "server/methods/otp/qr_code.h"
#include "tests/harness/command_fixture.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

using google::protobuf::Struct;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kTerminal = CommandProcess::Input::kTerminal;
constexpr char kPrompt[] = "Code that the app shows now: ";
// A URI that is long enough for a code of the usual size.
constexpr char kUri[] = "otpauth://totp/Twofold:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Twofold";

class EnrollTest : public CommandTest {
 protected:
  EnrollTest() {
    server_.Answer(FromText<v1::EnrollResponse>(
        "method { method_id: 'm1' state: METHOD_STATE_PENDING } secret_base32: 'GEZDGNBV' "
        "otpauth_uri: 'otpauth://totp/ann' qr_text: '##\\n##' expire_time { seconds: 1714559696 } "
        "warnings: 'Some apps ignore SHA512'"));
    server_.Answer(
        FromText<v1::ConfirmEnrollmentResponse>("method { method_id: 'm1' state: METHOD_STATE_ACTIVE } "
                                                "backup_codes: 'aaaa-bbbb' backup_codes: 'cccc-dddd'"));
  }

  std::string ConfirmLater(const std::string& rest = "") const {
    return absl::StrCat(
        "not confirmed: the method is pending until 2024-05-01T10:34:56+00:00 and logs nobody in; confirm it "
        "with: twofold --address ",
        server_.address(), " confirm -- ann m1 CODE", rest, "\n");
  }
};

TEST_F(EnrollTest, EnrollShowsAsksAndConfirms) {
  CommandProcess command(At({"enroll", "ann"}));
  command.AwaitOut("Pending until");
  command.Write("123456\n");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "##\n##\n"
            "Secret:  GEZDGNBV\n"
            "URI:     otpauth://totp/ann\n"
            "Method:  m1\n"
            "Pending until 2024-05-01T10:34:56+00:00\n"
            "Warning: Some apps ignore SHA512\n"
            "Confirmed: m1 is active.\n"
            "\n"
            "Backup codes, each good for one login. They are shown only now:\n"
            "  aaaa-bbbb\n"
            "  cccc-dddd\n");
  const auto confirm = server_.Requests<v1::ConfirmEnrollmentRequest>().at(0);
  EXPECT_EQ(confirm.method_id(), "m1");
  EXPECT_EQ(confirm.code(), "123456");
  EXPECT_NE(confirm.request_id(), server_.Requests<v1::EnrollRequest>().at(0).request_id());
}

TEST_F(EnrollTest, EnrollTakesTheCodeFromArgumentOrInput) {
  EXPECT_EQ(Run({"enroll", "ann", "--code", "111111"}).exit_code, 0);
  EXPECT_EQ(Run({"enroll", "ann", "--code", "-"}, "222222\n").exit_code, 0);
  const auto requests = server_.Requests<v1::ConfirmEnrollmentRequest>();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].code(), "111111");
  EXPECT_EQ(requests[1].code(), "222222");
}

TEST_F(EnrollTest, PersonAtATerminalMayMistypeTwice) {
  CommandProcess command(At({"enroll", "ann"}), kTerminal);
  command.AwaitErr(kPrompt);
  for (int i = 0; i < 2; ++i) server_.RefuseNext(MakeStatus(Rejected()));
  command.Write("1\n2\n3\n");
  command.AwaitOut("cccc-dddd");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err,
            absl::StrCat(kPrompt, "twofold: code rejected\n", kPrompt, "twofold: code rejected\n", kPrompt));
}

TEST_F(EnrollTest, WrongCodeFromAScriptEndsWithTheWayToConfirmLater) {
  server_.Answer(
      FromText<v1::EnrollResponse>("method { method_id: 'm 1' } expire_time { seconds: 1714559696 }"));
  CommandProcess command(At({"enroll", "ann", "--tenant", "acme"}));
  command.AwaitOut("Pending until");
  server_.RefuseNext(MakeStatus(Rejected()));
  command.Write("1\n2\n");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(" --tenant acme confirm -- ann 'm 1' CODE"));
  EXPECT_THAT(server_.Requests<v1::ConfirmEnrollmentRequest>(), SizeIs(1));
}

TEST_F(EnrollTest, GivenRequestIdIsOfTheEnrolmentAlone) {
  const std::string id = "b1c6a5a4-8f2e-4d6e-9a52-3f3d9e7b0c11";
  EXPECT_EQ(Run({"enroll", "ann", "--code", "1", "--request-id", id}).exit_code, 0);
  EXPECT_EQ(server_.Requests<v1::EnrollRequest>().at(0).request_id(), id);
  EXPECT_NE(server_.Requests<v1::ConfirmEnrollmentRequest>().at(0).request_id(), id);
}

TEST_F(EnrollTest, NoCodeLeavesThePendingMethodExplained) {
  const Outcome ended = Run({"enroll", "ann"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, absl::StrCat("twofold: ", ConfirmLater()));
  const Outcome left = Run({"enroll", "ann", "--no-confirm"});
  EXPECT_EQ(left.exit_code, 0);
  EXPECT_EQ(left.err, "");
  EXPECT_THAT(left.out, EndsWith("\nNext, with the code that the app shows: twofold --address " +
                                 server_.address() + " confirm -- ann m1 CODE\n"));
  EXPECT_THAT(server_.Requests<v1::ConfirmEnrollmentRequest>(), IsEmpty());
}

TEST_F(EnrollTest, InterruptAtThePromptLeavesThePendingMethodExplained) {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    CommandProcess command(At({"enroll", "ann"}), kTerminal);
    command.AwaitErr(kPrompt);
    command.Signal(number);
    const Outcome outcome = command.Finish();
    EXPECT_EQ(outcome.exit_code, 130);
    EXPECT_EQ(outcome.err, absl::StrCat(kPrompt, "\ntwofold: ", ConfirmLater()));
  }
}

TEST_F(EnrollTest, InterruptBeforeTheAnswerLeavesNoPicture) {
  const std::string file = absl::StrCat(::testing::TempDir(), "/interrupted.png");
  server_.Stall();
  CommandProcess command(At({"enroll", "ann", "--qr-file", file}));
  while (server_.Requests<v1::EnrollRequest>().empty()) std::this_thread::yield();
  EXPECT_TRUE(std::filesystem::exists(file));
  command.Signal(SIGINT);
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_THAT(outcome.err, HasSubstr("is pending, and expires by itself"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(EnrollTest, BrokenPipeLeavesThePendingMethodExplained) {
  CommandProcess command(At({"enroll", "ann", "--import-secret-file", "-"}));
  command.CloseOut();
  command.Write("GEZDGNBV\n");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("the output could not be written"), HasSubstr(ConfirmLater())));
}

TEST_F(EnrollTest, BrokenPipeAfterTheConfirmationTellsWhereBackupCodesComeFrom) {
  CommandProcess command(At({"enroll", "ann"}));
  command.AwaitOut("Warning: Some apps ignore SHA512\n");
  command.CloseOut();
  command.Write("123456\n");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("new backup codes come from: twofold backup-codes rotate"));
}

// Tests at a terminal. The code is complete, and the question below leaves it on the screen.
class EnrollScreenTest : public EnrollTest {
 protected:
  EnrollScreenTest() {
    server_.Answer(FromText<v1::EnrollResponse>(
        absl::StrCat("method { method_id: 'm1' } secret_base32: 'GEZDGNBV' otpauth_uri: '", kUri,
                     "' expire_time { seconds: 1714559696 } warnings: 'Some apps ignore SHA512'")));
    folder_ = absl::StrCat(::testing::TempDir(), "/screen");
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }

  std::unique_ptr<CommandProcess> Start(TerminalSize size, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"enroll", "ann"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<CommandProcess>(At(arguments), size,
                                            std::vector<std::string>{"TMPDIR=" + folder_});
  }

  std::vector<std::filesystem::path> Files() const {
    return {std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator()};
  }

  std::string folder_;
};

TEST_F(EnrollScreenTest, TheCodeIsWholeAndLast) {
  const std::string full = *RenderQr(QrImage::kText, kUri);
  const std::string narrow = *RenderQr(QrImage::kNarrowText, kUri);
  const struct {
    TerminalSize size;
    std::string code;
  } kCases[] = {
      {{132, 50}, full}, {{80, 24}, full}, {{41, 22}, full}, {{40, 24}, narrow}, {{80, 20}, narrow}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(absl::StrCat(c.size.columns, "x", c.size.rows));
    const auto command = Start(c.size);
    command->AwaitErr(kPrompt);
    EXPECT_EQ(server_.Requests<v1::EnrollRequest>().back().qr_format(), v1::QR_FORMAT_NONE);
    command->Write("123456\n");
    const Outcome outcome = command->Finish();
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("ignore SHA512\n", c.code, "Confirmed: ")));
    EXPECT_LT(std::count(c.code.begin(), c.code.end(), '\n'), c.size.rows);
    EXPECT_THAT(Files(), IsEmpty());
  }
}

TEST_F(EnrollScreenTest, ACodeThatDoesNotFitGoesIntoAFileUntilItIsConfirmed) {
  for (const TerminalSize size : {TerminalSize{36, 50}, TerminalSize{80, 19}, TerminalSize{1, 1}}) {
    SCOPED_TRACE(absl::StrCat(size.columns, "x", size.rows));
    const auto command = Start(size);
    command->AwaitErr(kPrompt);
    ASSERT_THAT(Files(), SizeIs(1));
    const std::filesystem::path file = Files()[0];
    EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
    std::ifstream picture(file);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(picture), {}), *RenderQr(QrImage::kPng, kUri));
    command->Write("123456\n");
    const Outcome outcome = command->Finish();
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("needs 37 columns and"), HasSubstr("Secret:  GEZDGNBV\n"),
                                   HasSubstr(file.string() + "\n"), Not(HasSubstr("\x1b"))));
    EXPECT_THAT(Files(), IsEmpty());
  }
}

TEST_F(EnrollScreenTest, AFileThatStaysIsNamedLast) {
  const auto interrupted = Start({30, 10});
  interrupted->AwaitErr(kPrompt);
  interrupted->Signal(SIGINT);
  const std::string rest = absl::StrCat("; delete ", Files().at(0).string(), " when the app has the code");
  EXPECT_THAT(interrupted->Finish().err, EndsWith(ConfirmLater(rest)));
  std::filesystem::remove(Files().at(0));
  const Outcome left = Start({30, 10}, {"--no-confirm"})->Finish();
  EXPECT_THAT(left.out, HasSubstr(absl::StrCat("\nDelete ", Files().at(0).string(), " once the app")));
}

TEST_F(EnrollScreenTest, ThePicturesOptionsStayAsTheyAre) {
  const Outcome none = Start({80, 24}, {"--no-confirm", "--qr", "none"})->Finish();
  EXPECT_THAT(none.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(Files(), IsEmpty());
  // The last line takes two rows of this terminal, and the shell's prompt one.
  const std::string narrow = *RenderQr(QrImage::kNarrowText, kUri);
  EXPECT_THAT(Start({80, 22}, {"--no-confirm"})->Finish().out, HasSubstr(narrow));
}

TEST_F(EnrollTest, EnrollAsJsonAsksNothing) {
  const Struct json = FromJson(Run({"enroll", "ann", "--json"}).out);
  EXPECT_EQ(TextAt(json, "secretBase32"), "GEZDGNBV");
  EXPECT_THAT(server_.Requests<v1::ConfirmEnrollmentRequest>(), IsEmpty());
}

TEST_F(EnrollTest, EnrollAsJsonWithACodeHoldsBothAnswers) {
  const Struct json = FromJson(Run({"enroll", "ann", "--json", "--code", "1"}).out);
  EXPECT_EQ(TextAt(Member(json, "enrollment"), "secretBase32"), "GEZDGNBV");
  EXPECT_THAT(Member(json, "confirmation").fields().at("backupCodes").list_value().values(), SizeIs(2));
}

TEST_F(EnrollTest, EnrollAsJsonWithoutTheCodeStillHoldsTheSecret) {
  const Outcome outcome = Run({"enroll", "ann", "--json", "--code", "-"});
  EXPECT_EQ(outcome.exit_code, 1);
  const Struct json = FromJson(outcome.out);
  EXPECT_EQ(TextAt(Member(json, "enrollment"), "secretBase32"), "GEZDGNBV");
  EXPECT_EQ(TextAt(Member(json, "error"), "message"), "no code on standard input");
}

TEST_F(EnrollTest, BytesThatAreNoTextAreAWrongCodeAndNothingElse) {
  const Outcome outcome = Run({"enroll", "ann"}, "\xff\n");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err,
            absl::StrCat("twofold: not a code: code: is not valid UTF-8\ntwofold: ", ConfirmLater()));
  EXPECT_THAT(server_.Requests<v1::ConfirmEnrollmentRequest>(), IsEmpty());
}

TEST_F(EnrollTest, QrFileIsNewAndItsOwnersAlone) {
  server_.Answer(FromText<v1::EnrollResponse>("method { method_id: 'm1' } qr_png: 'picture'"));
  const std::string path = absl::StrCat(::testing::TempDir(), "/qr.png");
  unlink(path.c_str());
  const Outcome outcome = Run({"enroll", "ann", "--no-confirm", "--qr-file", path});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("QR code: ", path)));
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "picture");
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(server_.Requests<v1::EnrollRequest>().back().qr_format(), v1::QR_FORMAT_PNG);

  const Outcome again = Run({"enroll", "ann", "--no-confirm", "--qr-file", path});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("File exists"));
  EXPECT_THAT(server_.Requests<v1::EnrollRequest>(), SizeIs(1));
}

TEST_F(EnrollTest, RefusedEnrolmentLeavesNoQrFile) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/refused.svg");
  server_.RefuseNext(MakeStatus(Rejected()));
  EXPECT_EQ(Run({"enroll", "ann", "--qr-file", path}).exit_code, 1);
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace twofold
