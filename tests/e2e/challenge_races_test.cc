// One answer of a security key, posted many times: to two servers on one Redis, and around the death of a
// server.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "tests/e2e/races.h"
#include "tests/harness/rounds.h"
#include "tests/harness/server_process.h"
#include "tests/harness/software_key.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

SoftwareKey NewKey() {
  SoftwareKey::Settings settings;
  settings.origin = "https://example.org";
  return SoftwareKey(settings);
}

std::vector<std::string> Flags(const TempFolder&) {
  return {"--webauthn_rp_id=example.org", "--limit_attempts=1000000", "--limit_address_attempts=1000000"};
}

void Enroll(TwofoldClient& client, const std::string& user, SoftwareKey& key,
            const v1::VerifyRequest* proof) {
  v1::EnrollRequest enroll;
  enroll.set_user_id(user);
  enroll.set_type(v1::METHOD_TYPE_SECURITY_KEY);
  if (proof != nullptr) {
    enroll.set_webauthn_credential_json(proof->webauthn_credential_json());
    enroll.set_challenge_id(proof->challenge_id());
  }
  auto enrolled = client.Enroll(enroll);
  ASSERT_TRUE(enrolled.ok()) << enrolled.error().message;
  v1::ConfirmEnrollmentRequest confirm;
  confirm.set_user_id(user);
  confirm.set_method_id(enrolled->method().method_id());
  confirm.set_webauthn_credential_json(key.Create(enrolled->webauthn_creation_options_json()).value_or(""));
  const auto confirmed = client.ConfirmEnrollment(confirm);
  ASSERT_TRUE(confirmed.ok()) << confirmed.error().message;
}

// The answers of the keys to one challenge.
std::vector<v1::VerifyRequest> Answers(TwofoldClient& client, const std::string& user,
                                       const std::vector<SoftwareKey*>& keys, bool for_change = false) {
  v1::StartChallengeRequest start;
  start.set_user_id(user);
  start.set_for_change(for_change);
  const auto challenge = client.StartChallenge(start);
  EXPECT_TRUE(challenge.ok()) << challenge.error().message;
  std::vector<v1::VerifyRequest> answers;
  for (SoftwareKey* const key : keys) {
    v1::VerifyRequest& answer = answers.emplace_back();
    answer.set_user_id(user);
    answer.set_challenge_id(challenge->id());
    answer.set_webauthn_credential_json(key->Get(*challenge->security_key_options()).value_or(""));
  }
  return answers;
}

class ChallengeRaces : public TwoServers {
 protected:
  ChallengeRaces() : TwoServers(Flags) {}

  int AcceptedOfMany(const std::vector<v1::VerifyRequest>& answers) {
    return PostMany({one_.get(), two_.get()}, answers)["ok"];
  }
};

TEST_F(ChallengeRaces, T46_OneAnswerOfAKeyLogsInOnceAtTwoServers) {
  for (int round = 0; round < Rounds(5, 100); ++round) {
    const std::string user = absl::StrCat("one", round);
    SoftwareKey key = NewKey();
    Enroll(*one_, user, key, nullptr);
    const auto answers = Answers(*two_, user, {&key});
    ASSERT_EQ(AcceptedOfMany(answers), 1) << "round " << round;
  }
}

TEST_F(ChallengeRaces, T46_OneChallengeIsAnsweredByOneOfTwoKeys) {
  for (int round = 0; round < Rounds(5, 100); ++round) {
    const std::string user = absl::StrCat("two", round);
    SoftwareKey blue = NewKey();
    SoftwareKey red = NewKey();
    Enroll(*one_, user, blue, nullptr);
    const auto proof = Answers(*one_, user, {&blue}, true);
    Enroll(*two_, user, red, proof.data());
    const auto answers = Answers(*one_, user, {&blue, &red});
    ASSERT_EQ(AcceptedOfMany(answers), 1) << "round " << round;
  }
}

TEST(ChallengeCrash, T46_AnAcceptedAnswerIsUsedAfterACrash) {
  const TempFolder folder;
  ServerProcess server(folder.path(), Flags(folder));
  SoftwareKey key = NewKey();
  v1::VerifyRequest answer;
  {
    TwofoldClient client(OptionsFor(server));
    Enroll(client, "ann", key, nullptr);
    answer = Answers(client, "ann", {&key})[0];
    ASSERT_TRUE(client.Verify(answer).ok());
  }
  server.Kill();
  server.Start();
  TwofoldClient again(OptionsFor(server));
  EXPECT_FALSE(again.Verify(answer).ok());
}

TEST(ChallengeCrash, T46_AKilledServerAcceptsNoAnswerTwice) {
  const TempFolder folder;
  ServerProcess server(folder.path(), Flags(folder));
  ExpectOnceAcrossCrashes(server, Rounds(6, 60), [](TwofoldClient& client, int round) {
    const std::string user = absl::StrCat("ann", round);
    SoftwareKey key = NewKey();
    Enroll(client, user, key, nullptr);
    return Answers(client, user, {&key})[0];
  });
}

}  // namespace
}  // namespace twofold
