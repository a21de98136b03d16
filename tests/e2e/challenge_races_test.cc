// One answer of a security key, posted many times: to two servers on one Redis, and around the death of a
// server.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "tests/harness/rounds.h"
#include "tests/harness/server_process.h"
#include "tests/harness/software_key.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr int kParallel = 64;

SoftwareKey NewKey() {
  SoftwareKey::Settings settings;
  settings.origin = "https://example.org";
  return SoftwareKey(settings);
}

const std::vector<std::string>& Flags() {
  static const auto* const flags = new std::vector<std::string>{
      "--webauthn_rp_id=example.org", "--limit_attempts=1000000", "--limit_address_attempts=1000000"};
  return *flags;
}

ClientOptions OptionsFor(const ServerProcess& server, absl::Duration timeout = absl::Seconds(20)) {
  ClientOptions options;
  options.address = server.address();
  options.timeout = timeout;
  return options;
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

// How many of `kParallel` posts to the servers, in turn, are accepted. Each has its own request id.
int AcceptedOfMany(const std::vector<TwofoldClient*>& clients,
                   const std::vector<v1::VerifyRequest>& answers) {
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kParallel; ++i) {
    threads.emplace_back([&, i] {
      const auto verified = clients[i % clients.size()]->Verify(answers[i / 2 % answers.size()]);
      if (verified.ok()) ++accepted;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return accepted;
}

class ChallengeRaces : public ::testing::Test {
 protected:
  ChallengeRaces() {
    const ToolResult ring =
        RunTool({BuiltBinary("clients/cli/twofold"), "admin", "keyring", "new", folder_.File("ring.json")});
    EXPECT_EQ(ring.exit_code, 0) << ring.err;
    std::vector<std::string> flags = Flags();
    flags.push_back("--storage=redis://" + redis_.address());
    flags.push_back("--keyring=file:" + folder_.File("ring.json"));
    first_ = std::make_unique<ServerProcess>(folder_.path(), flags);
    RunTool({"mkdir", folder_.File("second")});
    second_ = std::make_unique<ServerProcess>(folder_.File("second"), flags);
    one_ = std::make_unique<TwofoldClient>(OptionsFor(*first_));
    two_ = std::make_unique<TwofoldClient>(OptionsFor(*second_));
  }

  TempFolder folder_;
  RedisProcess redis_ = RedisProcess(RedisOptions());
  std::unique_ptr<ServerProcess> first_;
  std::unique_ptr<ServerProcess> second_;
  std::unique_ptr<TwofoldClient> one_;
  std::unique_ptr<TwofoldClient> two_;
};

TEST_F(ChallengeRaces, T46_OneAnswerOfAKeyLogsInOnceAtTwoServers) {
  for (int round = 0; round < Rounds(5, 100); ++round) {
    const std::string user = absl::StrCat("one", round);
    SoftwareKey key = NewKey();
    Enroll(*one_, user, key, nullptr);
    const auto answers = Answers(*two_, user, {&key});
    ASSERT_EQ(AcceptedOfMany({one_.get(), two_.get()}, answers), 1) << "round " << round;
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
    ASSERT_EQ(AcceptedOfMany({one_.get(), two_.get()}, answers), 1) << "round " << round;
  }
}

TEST(ChallengeCrash, T46_AnAcceptedAnswerIsUsedAfterACrash) {
  const TempFolder folder;
  ServerProcess server(folder.path(), Flags());
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

// Whatever a server answered before it was killed, the same answer of a key logs in once at most, and never
// once a login was acknowledged.
TEST(ChallengeCrash, T46_AKilledServerAcceptsNoAnswerTwice) {
  const TempFolder folder;
  ServerProcess server(folder.path(), Flags());
  for (int round = 0; round < Rounds(6, 60); ++round) {
    const std::string user = absl::StrCat("ann", round);
    SoftwareKey key = NewKey();
    v1::VerifyRequest answer;
    {
      TwofoldClient client(OptionsFor(server));
      Enroll(client, user, key, nullptr);
      answer = Answers(client, user, {&key})[0];
    }
    int accepted = 0;
    std::thread post([&] {
      TwofoldClient client(OptionsFor(server, absl::Milliseconds(200)));
      if (client.Verify(answer).ok()) ++accepted;
    });
    // The moment of the crash moves from before the call arrives to after its answer. No condition can
    // stand for it, because nobody outside sees where a server is between the two.
    absl::SleepFor(absl::Milliseconds(round * 2));
    server.Kill();
    post.join();
    server.Start();
    TwofoldClient again(OptionsFor(server));
    for (int i = 0; i < 2; ++i) {
      if (again.Verify(answer).ok()) ++accepted;
    }
    ASSERT_LE(accepted, 1) << "round " << round;
    ASSERT_FALSE(again.Verify(answer).ok());
  }
}

}  // namespace
}  // namespace twofold
