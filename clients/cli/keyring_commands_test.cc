// Tests of the commands that rotate a key ring. Files are real, and a script plays the server.
#include <gmock/gmock.h>

#include "tests/harness/command_fixture.h"
#include "tests/harness/tool.h"
#include "twofold/v1/admin_service.pb.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Arguments = std::vector<std::string>;

TEST(KeyRingCommands, LeadThroughARotation) {
  const TempFolder folder;
  const std::string file = folder.File("k.json");
  ASSERT_EQ(RunCommand({"admin", "keyring", "new", file}).exit_code, 0);
  const Outcome rotated = RunCommand({"admin", "keyring", "rotate", file});
  EXPECT_THAT(rotated.out, HasSubstr("Added key 2"));
  EXPECT_THAT(rotated.out, HasSubstr("Then run: twofold admin keyring promote " + file + " --key 2\n"));
  const Outcome listed = RunCommand({"admin", "keyring", "list", "file:" + file});
  EXPECT_THAT(listed.out, ::testing::MatchesRegex("key 1  [0-9TZ:-]+  primary\nkey 2  [0-9TZ:-]+\n"));
  const Outcome promoted = RunCommand({"admin", "keyring", "promote", file});
  EXPECT_THAT(promoted.out, HasSubstr("Key 2 is the primary key"));
  EXPECT_THAT(promoted.out, HasSubstr("Then run: twofold admin rewrap\n"));
  EXPECT_THAT(promoted.out, HasSubstr("Then run: twofold admin keyring retire " + file + " --key 1\n"));
  const Outcome json = RunCommand({"admin", "keyring", "list", file, "--json"});
  const google::protobuf::Struct parsed = FromJson(json.out);
  const auto& keys = parsed.fields().at("keys").list_value();
  ASSERT_EQ(keys.values_size(), 2);
  EXPECT_FALSE(keys.values(0).struct_value().fields().at("isPrimary").bool_value());
  EXPECT_EQ(keys.values(1).struct_value().fields().at("keyId").number_value(), 2);
  const auto refused = [](const Arguments& arguments, int exit_code, const std::string& part) {
    const Outcome outcome = RunCommand(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code);
    EXPECT_THAT(outcome.err, HasSubstr(part));
  };
  refused({"admin", "keyring", "promote", file, "--key", "9"}, 1, "has no key 9");
  refused({"admin", "keyring", "list", folder.File("missing")}, 1, "there is no key ring at");
  refused({"admin", "keyring", "list", "transit+https://host/x"}, 2, "HOST:PORT");
  EXPECT_EQ(RunTool({"grep", "-c", "last_key_id", file}).exit_code, 0);
}

// A ring whose key 2 is primary, and a server that a test scripts.
class RetireTest : public CommandTest {
 protected:
  RetireTest() {
    EXPECT_EQ(RunCommand({"admin", "keyring", "new", file_}).exit_code, 0);
    EXPECT_EQ(RunCommand({"admin", "keyring", "rotate", file_}).exit_code, 0);
    EXPECT_EQ(RunCommand({"admin", "keyring", "promote", file_}).exit_code, 0);
    before_ = RunTool({"cat", file_}).out;
  }

  Outcome Retire(const std::string& use, const Arguments& more = {}) {
    server_.Answer(FromText<v1::RewrapSecretsResponse>(use));
    Arguments arguments = {"admin", "keyring", "retire", file_, "--key", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  void ExpectKept(const Outcome& outcome, int exit_code, const std::string& part) {
    EXPECT_EQ(outcome.exit_code, exit_code);
    EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_EQ(RunTool({"cat", file_}).out, before_);
  }

  const TempFolder folder_;
  const std::string file_ = folder_.File("k.json");
  std::string before_;
};

constexpr char kUnused[] =
    "keys { key_id: 1 in_key_ring: true } keys { key_id: 2 secret_count: 9 is_primary: true in_key_ring: "
    "true }";

TEST_F(RetireTest, RemovesAKeyThatNothingNeeds) {
  const Outcome retired = Retire(kUnused);
  EXPECT_EQ(retired.exit_code, 0) << retired.err;
  EXPECT_THAT(retired.out, HasSubstr("Removed key 1"));
  EXPECT_TRUE(server_.Requests<v1::RewrapSecretsRequest>().at(0).dry_run());
  EXPECT_THAT(RunCommand({"admin", "keyring", "list", file_}).out, StartsWith("key 2"));
}

TEST_F(RetireTest, KeepsAKeyThatSecretsNeedAndSaysHowMany) {
  const std::string used =
      "keys { key_id: 1 secret_count: 3 in_key_ring: true } keys { key_id: 2 is_primary: true }";
  ExpectKept(Retire(used), 1, "3 secrets are sealed under key 1");
  ExpectKept(Retire(used, {"--lose-secrets", "2"}), 1, "add --lose-secrets 3");
  ExpectKept(Retire(std::string(kUnused) + " unreadable_count: 2"), 1, "2 unreadable records");
  EXPECT_EQ(Retire(used, {"--lose-secrets", "3"}).exit_code, 0);
}

TEST_F(RetireTest, KeepsEverythingWhileAServerUsesAnOlderRingOrDoesNotAnswer) {
  ExpectKept(Retire("keys { key_id: 1 is_primary: true } keys { key_id: 2 }"), 1,
             "the server seals under key 1, and key 2 is primary in the file");
  ExpectKept(Retire(""), 1, "the server seals under key 0");
  ExpectKept(RunCommand({"admin", "keyring", "retire", file_, "--key", "1", "--address",
                         "unix:" + folder_.File("nobody"), "--timeout", "100ms"}),
             3, "nobody");
}

TEST_F(RetireTest, NeverRemovesThePrimaryKey) {
  ExpectKept(Run({"admin", "keyring", "retire", file_, "--key", "2"}), 1, "key 2 is the primary key");
  ExpectKept(Run({"admin", "keyring", "retire", file_, "--key", "5"}), 1, "has no key 5");
  EXPECT_TRUE(server_.Requests<v1::RewrapSecretsRequest>().empty());
}

TEST_F(RetireTest, RewrapTellsWhatEachKeySeals) {
  server_.Answer(FromText<v1::RewrapSecretsResponse>(
      "rewrapped_count: 4 unreadable_count: 1 keys { key_id: 1 secret_count: 1 } "
      "keys { key_id: 2 secret_count: 5 is_primary: true in_key_ring: true }"));
  EXPECT_EQ(Run({"admin", "rewrap"}).out,
            "secrets sealed again: 4\n"
            "key 1: 1 secrets, missing in the server's key ring\n"
            "key 2: 5 secrets, primary\n"
            "unreadable, left as they are: 1\n");
  EXPECT_THAT(Run({"admin", "rewrap", "--dry-run"}).out, StartsWith("key 1: "));
  EXPECT_EQ(FromJson(Run({"admin", "rewrap", "--json"}).out).fields().at("rewrappedCount").string_value(),
            "4");
}

}  // namespace
}  // namespace twofold
