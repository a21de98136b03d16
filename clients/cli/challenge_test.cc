// Tests of security keys and sent codes, from the enrolment to the login.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tests/harness/command_fixture.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

using google::protobuf::Struct;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTerminal = CommandProcess::Input::kTerminal;
constexpr char kCredential[] = R"({"id":"AQ","response":{"clientDataJSON":"eyJ9"}})";
constexpr char kPending[] = "2024-05-01T10:34:56+00:00";

std::string File(const std::string& name, const std::string& content) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::ofstream(path) << content;
  return path;
}

std::string Content(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class KeyEnrollTest : public CommandTest {
 protected:
  KeyEnrollTest() {
    server_.Answer(FromText<v1::EnrollResponse>(
        "method { method_id: 'm1' type: METHOD_TYPE_SECURITY_KEY state: METHOD_STATE_PENDING } "
        "webauthn_creation_options_json: '{\"rp\":{}}' expire_time { seconds: 1714559696 }"));
    server_.Answer(
        FromText<v1::ConfirmEnrollmentResponse>("method { method_id: 'm1' state: METHOD_STATE_ACTIVE }"));
  }

  std::vector<std::string> Enroll(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"enroll", "ann", "--type", "security-key"});
    return more;
  }
  std::string Confirmed() const {
    const auto requests = server_.Requests<v1::ConfirmEnrollmentRequest>();
    return requests.size() == 1 ? requests[0].webauthn_credential_json() : absl::StrCat(requests.size());
  }
  std::string ConfirmLater() const {
    return absl::StrCat("not confirmed: the method is pending until ", kPending,
                        " and logs nobody in; confirm it with: twofold --address ", server_.address(),
                        " confirm --credential FILE -- ann m1\n");
  }
};

TEST_F(KeyEnrollTest, ShowsTheOptionsAndTakesTheCredential) {
  CommandProcess command(At(Enroll()));
  command.AwaitOut("Options: {\"rp\":{}}\n");
  // Whoever writes it may break lines. The pipe stays open.
  command.Write(
      absl::StrCat(std::string(kCredential).substr(0, 11), "\n", std::string(kCredential).substr(11), "\n"));
  command.AwaitOut("Confirmed");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, absl::StrCat("Method:  m1\nPending until ", kPending,
                                      "\nOptions: {\"rp\":{}}\nConfirmed: m1 is active.\n"));
  EXPECT_EQ(FromJson(Confirmed()).fields().at("id").string_value(), "AQ");
}

TEST_F(KeyEnrollTest, APersonIsToldWhatToDoInTwoLines) {
  const std::string help =
      "On a page of the site, run navigator.credentials.create({publicKey: "
      "PublicKeyCredential.parseCreationOptionsFromJSON(OPTIONS)}).\nThen paste here "
      "JSON.stringify(credential) and press Enter.\n";
  CommandProcess pasted(At(Enroll()), kTerminal);
  pasted.AwaitErr(help);
  pasted.Write(absl::StrCat(kCredential, "\n"));
  pasted.AwaitOut("Confirmed");
  EXPECT_EQ(pasted.Finish().err, help);
  EXPECT_EQ(Confirmed(), kCredential);

  const std::string path = File("later.json", "");
  CommandProcess written(At(Enroll({"--credential", path})), kTerminal);
  written.AwaitErr(absl::StrCat("Then write to ", path, " JSON.stringify(credential) and press Enter.\n"));
  File("later.json", kCredential);
  written.Write("\n");
  written.AwaitOut("Confirmed");
  EXPECT_EQ(written.Finish().exit_code, 0);
  EXPECT_EQ(server_.Requests<v1::ConfirmEnrollmentRequest>().at(1).webauthn_credential_json(), kCredential);
}

TEST_F(KeyEnrollTest, FilesTakeTheOptionsAndGiveTheCredential) {
  const std::string options = absl::StrCat(::testing::TempDir(), "/options.json");
  unlink(options.c_str());
  const Outcome outcome =
      Run(Enroll({"--options", options, "--credential", File("credential.json", kCredential)}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("Options: ", options, "\n")));
  EXPECT_EQ(Content(options), "{\"rp\":{}}\n");
  struct stat info = {};
  ASSERT_EQ(stat(options.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(Confirmed(), kCredential);

  const Outcome again = Run(Enroll({"--options", options}));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("File exists"));
  EXPECT_THAT(server_.Requests<v1::EnrollRequest>(), SizeIs(1));
}

TEST_F(KeyEnrollTest, ARefusedEnrolmentLeavesNoOptions) {
  const std::string options = absl::StrCat(::testing::TempDir(), "/refused.json");
  server_.RefuseNext(MakeStatus(Rejected()));
  EXPECT_EQ(Run(Enroll({"--options", options})).exit_code, 1);
  EXPECT_NE(access(options.c_str(), F_OK), 0);
}

TEST_F(KeyEnrollTest, WithoutACredentialTheMethodStaysPending) {
  const Outcome ended = Run(Enroll());
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, absl::StrCat("twofold: no credential in standard input\ntwofold: ", ConfirmLater()));
  const Outcome missing = Run(Enroll({"--credential", "/no/such/file"}));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.err,
            absl::StrCat("twofold: cannot read /no/such/file: No such file or directory\ntwofold: ",
                         ConfirmLater()));
  const Outcome left = Run(Enroll({"--no-confirm"}));
  EXPECT_EQ(left.exit_code, 0);
  EXPECT_THAT(left.out, EndsWith(absl::StrCat("Next, with the JSON that the key made: twofold --address ",
                                              server_.address(), " confirm --credential FILE -- ann m1\n")));
  EXPECT_THAT(server_.Requests<v1::ConfirmEnrollmentRequest>(), IsEmpty());
}

TEST_F(KeyEnrollTest, JsonHoldsOneAnswerOrBoth) {
  const Struct alone = FromJson(Run(Enroll({"--json"})).out);
  EXPECT_EQ(TextAt(alone, "webauthnCreationOptionsJson"), "{\"rp\":{}}");
  const Struct both = FromJson(Run(Enroll({"--json", "--credential", "-"}), kCredential).out);
  EXPECT_EQ(TextAt(Member(Member(both, "confirmation"), "method"), "methodId"), "m1");
  const Outcome without = Run(Enroll({"--json", "--credential", "-"}));
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_EQ(TextAt(Member(FromJson(without.out), "error"), "message"), "no credential in standard input");
}

TEST_F(CommandTest, ASentCodeIsAskedForAndConfirms) {
  server_.Answer(FromText<v1::EnrollResponse>(
      "method { method_id: 'm1' type: METHOD_TYPE_SMS state: METHOD_STATE_PENDING } sent { "
      "masked_destination: "
      "'+***78' resend_time { seconds: 1714559126 } } expire_time { seconds: 1714559696 }"));
  server_.Answer(
      FromText<v1::ConfirmEnrollmentResponse>("method { method_id: 'm1' state: METHOD_STATE_ACTIVE }"));
  CommandProcess command(At({"enroll", "ann", "--type", "sms", "--phone", "+4915112345678"}), kTerminal);
  command.AwaitErr("Code that was sent: ");
  command.Write("123 456\n");
  command.AwaitOut("Confirmed");
  const Outcome outcome = command.Finish();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            absl::StrCat("Sent to: +***78\nMay be sent again at 2024-05-01T10:25:26+00:00\nMethod:  m1\n"
                         "Pending until ",
                         kPending, "\nConfirmed: m1 is active.\n"));
  EXPECT_EQ(server_.Requests<v1::ConfirmEnrollmentRequest>().at(0).code(), "123456");

  const Outcome left = Run({"enroll", "ann", "--type", "sms", "--phone", "+4915112345678", "--no-confirm"});
  EXPECT_THAT(left.out, HasSubstr("Next, with the code that was sent: twofold "));
}

TEST_F(CommandTest, AChallengeShowsWhatAnswersIt) {
  server_.Answer(FromText<v1::StartChallengeResponse>(
      "challenge_id: 'AQ-_' type: METHOD_TYPE_SECURITY_KEY expire_time { seconds: 1714559696 } "
      "webauthn_request_options_json: '{\"rpId\":\"a\"}'"));
  EXPECT_EQ(Run({"challenge", "ann"}).out,
            absl::StrCat("Challenge: AQ-_\nExpires at ", kPending, "\nOptions: {\"rpId\":\"a\"}\n"));
  const Struct json = FromJson(Run({"challenge", "ann", "--json"}).out);
  EXPECT_EQ(TextAt(json, "challengeId"), "AQ-_");
  EXPECT_EQ(TextAt(json, "webauthnRequestOptionsJson"), "{\"rpId\":\"a\"}");

  // The code of a pending method, which the caller sends.
  server_.Answer(FromText<v1::StartChallengeResponse>(
      "type: METHOD_TYPE_EMAIL expire_time { seconds: 1714559696 } sent { masked_destination: "
      "'a***@example.org' resend_time { seconds: 1714559126 } code: '123456' }"));
  EXPECT_EQ(Run({"challenge", "ann"}).out, absl::StrCat("Expires at ", kPending,
                                                        "\nSend to: a***@example.org\nCode:    123456\n"
                                                        "May be sent again at 2024-05-01T10:25:26+00:00\n"));
}

TEST_F(CommandTest, AChallengeOfANewerServerIsNone) {
  server_.Answer(FromText<v1::StartChallengeResponse>("challenge_id: 'AQ'"));
  const Outcome outcome = Run({"challenge", "ann"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("a type that this client does not know"));
}

TEST_F(CommandTest, ALoginWithAKeySaysWhatTheKeySays) {
  server_.Answer(FromText<v1::VerifyResponse>(
      "method { method_id: 'm1' type: METHOD_TYPE_SECURITY_KEY } user_verified: true"));
  EXPECT_EQ(Run({"verify", "ann", "--challenge", "AQ", "--credential", "-"}, kCredential).out,
            "accepted: m1\nThe key checked its user: yes, is backed up: no\n");
}

TEST_F(CommandTest, TooLargeACredentialIsNotSent) {
  const std::string path = File("large.json", std::string((16 << 10) + 1, ' '));
  const Outcome outcome = Run({"verify", "ann", "--challenge", "AQ", "--credential", path});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("is larger than 16384 bytes"));
  const Outcome piped = Run({"verify", "ann", "--challenge", "AQ", "--credential", "-"},
                            std::string((16 << 10) + 1, 'x') + "\n");
  EXPECT_EQ(piped.exit_code, 2);
  EXPECT_THAT(server_.Requests<v1::VerifyRequest>(), IsEmpty());
}

}  // namespace
}  // namespace twofold
