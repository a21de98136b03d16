// One sent code, typed many times: at two servers on one Redis, and around the death of a server.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "tests/e2e/races.h"
#include "tests/harness/rounds.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

// With the default number of failures before a lock.
constexpr int kLockAfter = 5;

std::string PhonesIn(const TempFolder& folder) { return folder.File("phones"); }

// The guards against guessing stay as they are, but for the limiter, which would hide what the record counts.
std::vector<std::string> Flags(const TempFolder& folder) {
  return {"--sms_carrier=file:" + PhonesIn(folder),
          "--sms_prefixes=+49",
          "--restricted_alone",
          "--send_prefix_daily_limit=1000000",
          "--limit_attempts=1000000",
          "--limit_address_attempts=1000000"};
}

std::string CodeFor(const TempFolder& folder, const std::string& number) {
  std::ifstream in(PhonesIn(folder));
  std::string code;
  for (std::string line; std::getline(in, line);) {
    const nlohmann::json data = nlohmann::json::parse(line)["data"];
    if (data["destination"] == number) code = data["code"];
  }
  return code;
}

// The right answer of a new user, whose number ends with `n`.
v1::VerifyRequest AnswerOfNewUser(TwofoldClient& client, const TempFolder& folder, int n) {
  const std::string number = absl::StrCat("+49151", 10'000'000 + n);
  v1::PortableMethod phone;
  phone.set_user_id(absl::StrCat("ann", n));
  phone.set_phone_number(number);
  const auto imported = client.ImportMethods({phone}, false, absl::Seconds(20));
  EXPECT_TRUE(imported.ok()) << imported.error().message;
  v1::StartChallengeRequest start;
  start.set_user_id(phone.user_id());
  const auto started = client.StartChallenge(start);
  EXPECT_TRUE(started.ok()) << started.error().message;
  v1::VerifyRequest answer;
  answer.set_user_id(phone.user_id());
  answer.set_challenge_id(started->id());
  answer.set_code(CodeFor(folder, number));
  return answer;
}

// The answer with another code, and each time with another one.
v1::VerifyRequest Wrong(v1::VerifyRequest answer, int n) {
  answer.set_code(absl::StrFormat("%06d", (std::stoi(answer.code()) + 1 + n) % 1'000'000));
  return answer;
}

class SentCodeRaces : public TwoServers {
 protected:
  SentCodeRaces() : TwoServers(Flags) {}
};

TEST_F(SentCodeRaces, T48_OneCodeLogsInOnceAtTwoServers) {
  for (int round = 0; round < Rounds(5, 100); ++round) {
    const auto answer = AnswerOfNewUser(round % 2 == 0 ? *one_ : *two_, folder_, round);
    const auto outcomes = PostMany({one_.get(), two_.get()}, {answer});
    ASSERT_EQ(outcomes.at("ok"), 1) << "round " << round;
    ASSERT_EQ(outcomes.count("LOCKED"), 0U) << "a repetition is no guess";
  }
}

TEST_F(SentCodeRaces, T48_GuessesAtTwoServersShareOneCount) {
  for (int round = 0; round < Rounds(5, 100); ++round) {
    const auto answer = AnswerOfNewUser(*one_, folder_, round);
    std::vector<v1::VerifyRequest> guesses;
    for (int i = 0; i < 32; ++i) guesses.push_back(Wrong(answer, i));
    const auto outcomes = PostMany({one_.get(), two_.get()}, guesses);
    ASSERT_EQ(outcomes.at("CODE_REJECTED"), kLockAfter) << "round " << round;
    ASSERT_EQ(outcomes.count("ok"), 0U);
    const auto right = two_->Verify(answer);
    ASSERT_FALSE(right.ok());
    ASSERT_EQ(right.error().reason, "LOCKED");
  }
}

TEST(SentCodeCrash, T48_AKilledServerAcceptsNoCodeTwice) {
  const TempFolder folder;
  ServerProcess server(folder.File("data"), Flags(folder));
  ExpectOnceAcrossCrashes(server, Rounds(6, 60), [&folder](TwofoldClient& client, int round) {
    return AnswerOfNewUser(client, folder, round);
  });
}

TEST(SentCodeCrash, T48_GuessesAreCountedAcrossCrashes) {
  const TempFolder folder;
  ServerProcess server(folder.File("data"), Flags(folder));
  for (int round = 0; round < Rounds(3, 40); ++round) {
    v1::VerifyRequest answer;
    {
      TwofoldClient client(OptionsFor(server));
      answer = AnswerOfNewUser(client, folder, round);
    }
    int rejected = 0;
    bool locked = false;
    // Each life of the server is so short that it can judge a few guesses.
    for (int life = 0; life < 20 * kLockAfter && !locked; ++life) {
      std::thread guesser([&, life] {
        TwofoldClient client(OptionsFor(server, absl::Milliseconds(200)));
        for (int i = 0; i < 2; ++i) {
          const auto guessed = client.Verify(Wrong(answer, 10 * life + i));
          if (!guessed.ok() && guessed.error().reason == "CODE_REJECTED") ++rejected;
          if (!guessed.ok() && guessed.error().reason == "LOCKED") locked = true;
        }
      });
      // As in ExpectOnceAcrossCrashes.
      absl::SleepFor(absl::Milliseconds(10 + (round + life) % 10 * 2));
      server.Kill();
      guesser.join();
      server.Start();
    }
    ASSERT_LE(rejected, kLockAfter) << "round " << round;
    ASSERT_TRUE(locked) << rejected;
  }
}

}  // namespace
}  // namespace twofold
