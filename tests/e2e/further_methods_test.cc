// A user's security key and phone, through the real server and the real command. The key is a software
// key, and the phone is the file of the carrier for trying.

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/served_command.h"
#include "tests/harness/server_process.h"
#include "tests/harness/software_key.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

using google::protobuf::Struct;

class FurtherMethods : public ServedCommand {
 protected:
  FurtherMethods()
      : ServedCommand([](const TempFolder& folder) {
          return std::vector<std::string>{"--webauthn_rp_id=example.org",
                                          "--sms_carrier=file:" + folder.File("phone"), "--sms_prefixes=+49"};
        }) {}

  static std::string Text(const Struct& fields, const char* name) {
    return fields.fields().at(name).string_value();
  }

  // A new challenge and the key's answer to it.
  struct Answer {
    std::string challenge;
    std::string credential;
  };
  Answer Sign(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"challenge", "ann", "--json"});
    const Struct challenge = Json(Twofold(more));
    const auto credential = key_.Get(Text(challenge, "webauthnRequestOptionsJson"));
    EXPECT_TRUE(credential.ok()) << credential.status();
    return {Text(challenge, "challengeId"), credential.value_or("")};
  }

  void EnrollKey() {
    const Struct enrolled = Json(Twofold({"enroll", "ann", "--type", "security-key", "--json"}));
    const auto credential = key_.Create(Text(enrolled, "webauthnCreationOptionsJson"));
    ASSERT_TRUE(credential.ok()) << credential.status();
    key_id_ = Text(enrolled.fields().at("method").struct_value(), "methodId");
    const ToolResult confirmed = Twofold({"confirm", "ann", key_id_, "--credential", "-"}, *credential);
    ASSERT_EQ(confirmed.exit_code, 0) << confirmed.err;
    EXPECT_TRUE(absl::StrContains(confirmed.out, "Backup codes")) << confirmed.out;
  }

  // The options of a command whose change the key proves.
  std::vector<std::string> Proof() {
    const Answer proof = Sign({"--for-change"});
    const std::string file = folder_.File("proof");
    EXPECT_EQ(RunTool({"tee", file}, proof.credential).exit_code, 0);
    return {"--challenge", proof.challenge, "--proof-credential", file};
  }

  ToolResult EnrollPhone() {
    std::vector<std::string> arguments = {"enroll",         "ann",   "--type", "sms", "--phone",
                                          "+4915112345678", "--json"};
    for (const std::string& option : Proof()) arguments.push_back(option);
    return Twofold(arguments);
  }

  // The code of the last message.
  std::string SentCode() {
    const std::string line = RunTool({"tail", "-n", "1", phone_}).out;
    const std::string label = "\"code\":\"";
    const size_t at = line.find(label);
    EXPECT_NE(at, std::string::npos) << line;
    return line.substr(at + label.size(), 6);
  }

  const std::string phone_ = folder_.File("phone");
  SoftwareKey key_{SoftwareKey::Settings()};
  std::string key_id_;
};

TEST_F(FurtherMethods, AKeyLogsInAndProvesAChange) {
  EnrollKey();
  const Answer login = Sign();
  const std::vector<std::string> verify = {"verify",        "ann",          "--challenge",
                                           login.challenge, "--credential", "-"};
  const ToolResult accepted = Twofold(verify, login.credential);
  EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
  EXPECT_EQ(accepted.out,
            absl::StrCat("accepted: ", key_id_, "\nThe key checked its user: yes, is backed up: no\n"));
  EXPECT_EQ(Twofold(verify, login.credential).exit_code, 1);

  // An answer for a login proves no change, and the other way around.
  const auto rotate = [this](const Answer& answer) {
    return Twofold(
        {"backup-codes", "rotate", "ann", "--challenge", answer.challenge, "--proof-credential", "-"},
        answer.credential);
  };
  EXPECT_EQ(rotate(Sign()).exit_code, 1);
  const ToolResult rotated = rotate(Sign({"--for-change", "--type", "security-key"}));
  EXPECT_EQ(rotated.exit_code, 0) << rotated.err;

  const ToolResult methods = Twofold({"methods", "ann"});
  EXPECT_TRUE(absl::StrContains(methods.out, "security_key")) << methods.out;
  EXPECT_TRUE(absl::StrContains(methods.out, "example.org")) << methods.out;
}

TEST_F(FurtherMethods, ASentCodeConfirmsAndLogsIn) {
  EnrollKey();
  const Struct enrolled = Json(EnrollPhone());
  EXPECT_EQ(Text(enrolled.fields().at("sent").struct_value(), "maskedDestination"), "+***78");
  const std::string method = Text(enrolled.fields().at("method").struct_value(), "methodId");
  const ToolResult confirmed = Twofold({"confirm", "ann", method, SentCode()});
  ASSERT_EQ(confirmed.exit_code, 0) << confirmed.err;

  const std::vector<std::string> ask = {"challenge", "ann", "--type", "sms", "--json"};
  const ToolResult too_soon = Twofold(ask);
  EXPECT_EQ(too_soon.exit_code, 1);
  EXPECT_EQ(Text(Json(too_soon).fields().at("error").struct_value(), "reason"), "DELIVERY_LIMITED");
  // The limits of a single server are in its memory.
  server_.Kill();
  server_.Start();
  const std::string challenge = Text(Json(Twofold(ask)), "challengeId");
  EXPECT_EQ(Twofold({"verify", "ann", SentCode()}).exit_code, 1);
  const std::vector<std::string> verify = {"verify", "ann", SentCode(), "--challenge", challenge};
  const ToolResult accepted = Twofold(verify);
  EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
  EXPECT_EQ(accepted.out, absl::StrCat("accepted: ", method, "\n"));
  EXPECT_EQ(Twofold(verify).exit_code, 1);

  const ToolResult methods = Twofold({"methods", "ann"});
  EXPECT_TRUE(absl::StrContains(methods.out, "+***78, restricted")) << methods.out;
  EXPECT_EQ(server_.Terminate(), 0);
  for (const std::string& secret : {SentCode(), std::string("15112345678")}) {
    EXPECT_FALSE(absl::StrContains(server_.Log(), secret));
  }
}

TEST_F(FurtherMethods, ACodeThatNobodyGotIsNotCalledSent) {
  EnrollKey();
  ASSERT_EQ(RunTool({"mkdir", phone_}).exit_code, 0);
  const ToolResult enrolled = EnrollPhone();
  EXPECT_EQ(enrolled.exit_code, 3);
  EXPECT_EQ(Text(Json(enrolled).fields().at("error").struct_value(), "reason"), "DELIVERY_FAILED");
}

}  // namespace
}  // namespace twofold
