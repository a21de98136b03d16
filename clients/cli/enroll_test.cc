// Enrolment as a dialogue: with a person, a pipe, a script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "clients/cli/command_fixture.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

using google::protobuf::Struct;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTerminal = CommandProcess::Input::kTerminal;
constexpr char kPrompt[] = "Code that the app shows now: ";
constexpr char kConfirmLater[] =
    "not confirmed: the method is pending until 2024-05-01T10:34:56+00:00 and logs nobody in; confirm it "
    "with: twofold confirm -- ann m1 CODE\n";

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
  EXPECT_THAT(outcome.err, HasSubstr("twofold --tenant acme confirm -- ann 'm 1' CODE"));
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
  EXPECT_EQ(ended.err, absl::StrCat("twofold: ", kConfirmLater));
  const Outcome left = Run({"enroll", "ann", "--no-confirm"});
  EXPECT_EQ(left.exit_code, 0);
  EXPECT_EQ(left.err, absl::StrCat("twofold: ", kConfirmLater));
  EXPECT_THAT(server_.Requests<v1::ConfirmEnrollmentRequest>(), IsEmpty());
}

TEST_F(EnrollTest, InterruptAtThePromptLeavesThePendingMethodExplained) {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    CommandProcess command(At({"enroll", "ann"}), kTerminal);
    command.AwaitErr(kPrompt);
    command.Signal(number);
    const Outcome outcome = command.Finish();
    EXPECT_EQ(outcome.exit_code, 130);
    EXPECT_EQ(outcome.err, absl::StrCat(kPrompt, "\ntwofold: ", kConfirmLater));
  }
}

TEST_F(EnrollTest, BrokenPipeLeavesThePendingMethodExplained) {
  CommandProcess command(At({"enroll", "ann", "--import-secret-file", "-"}));
  command.CloseOut();
  command.Write("GEZDGNBV\n");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("the output could not be written"), HasSubstr(kConfirmLater)));
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
