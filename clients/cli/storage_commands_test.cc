// Tests of commands that open storage and files directly: what they refuse, print and leave behind.
// //server/store/migrate tests the store itself, and //tests/e2e tests it with servers.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/harness/command_fixture.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Arguments = std::vector<std::string>;

class StorageCommandsTest : public ::testing::Test {
 protected:
  void ExpectRefused(const Arguments& arguments, int exit_code, const std::string& part) {
    const Outcome outcome = RunCommand(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, StartsWith("twofold: "));
    EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }

  std::string Db(const std::string& name) { return "sqlite:" + folder_.File(name); }

  TempFolder folder_;
};

TEST_F(StorageCommandsTest, KeyRingIsNewForItsOwnerAndNeverReplaced) {
  const std::string file = folder_.File("keyring.json");
  const mode_t before = umask(0);
  const Outcome made = RunCommand({"admin", "keyring", "new", file});
  umask(before);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("--keyring=file:" + file));
  EXPECT_EQ(made.err, "");
  struct stat info;
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const std::string content = RunTool({"cat", file}).out;
  EXPECT_THAT(content, HasSubstr("\"key\""));
  ExpectRefused({"admin", "keyring", "new", file}, 1, "already a file at " + file);
  ExpectRefused({"admin", "keyring", "new", "file:" + file}, 1, "already a file at " + file);
  EXPECT_EQ(RunTool({"cat", file}).out, content);
}

TEST_F(StorageCommandsTest, KeyRingInJsonAndWhereNoneCanBe) {
  const Outcome made = RunCommand({"admin", "keyring", "new", folder_.File("k.json"), "--json"});
  EXPECT_EQ(TextAt(FromJson(made.out), "keyring"), "file:" + folder_.File("k.json"));
  EXPECT_EQ(made.err, "");
  // The command makes a data directory that no server has made yet, but no further folder.
  EXPECT_EQ(RunCommand({"admin", "keyring", "new", folder_.File("data/k.json")}).exit_code, 0);
  EXPECT_EQ(std::filesystem::status(folder_.File("data")).permissions(), std::filesystem::perms::owner_all);
  ExpectRefused({"admin", "keyring", "new", folder_.File("missing/deeper/k.json")}, 1, "No such file");
  ExpectRefused({"admin", "keyring", "new", ""}, 2, "FILE");
  const Outcome refused = RunCommand({"admin", "keyring", "new", folder_.File("k.json"), "--json"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(TextAt(Member(FromJson(refused.out), "error"), "code"), "ALREADY_EXISTS");
  EXPECT_EQ(refused.err, "");
}

TEST_F(StorageCommandsTest, MigrateRefusesBadArgumentsInOneLine) {
  const std::string missing = folder_.File("missing.db");
  ExpectRefused({"admin", "migrate", "--to", Db("b.db")}, 2, "--from is required");
  // A path that cannot be examined.
  std::filesystem::create_symlink(folder_.File("loop.db"), folder_.File("loop.db"));
  ExpectRefused({"admin", "migrate", "--from", Db("loop.db"), "--to", Db("b.db")}, 1, "symbolic links");
  ExpectRefused({"admin", "migrate", "--from", Db("a.db")}, 2, "--to is required");
  ExpectRefused({"admin", "migrate", "--from", "nonsense", "--to", Db("b.db")}, 2, "--from: storage: ");
  ExpectRefused({"admin", "migrate", "--from", "mysql://u:secret@h/x", "--to", Db("b.db")}, 2,
                "no backend for mysql:;");
  ExpectRefused({"admin", "migrate", "--from", "memory:", "--to", Db("b.db")}, 2, "--from: memory:");
  ExpectRefused({"admin", "migrate", "--from", Db("missing.db"), "--to", Db("b.db")}, 1,
                "no file " + missing);
  EXPECT_FALSE(std::filesystem::exists(missing));
  ExpectRefused({"admin", "migrate", "--from", Db("a.db"), "--even-complete"}, 2, "--abandon");
  std::ofstream(folder_.File("a.db")) << std::string(5000, 'x');
  ExpectRefused({"admin", "migrate", "--from", Db("a.db"), "--to", Db("b.db")}, 1, "not a SQLite database");
  std::ofstream(folder_.File("a.db"), std::ios::trunc) << "";
  ExpectRefused({"admin", "migrate", "--from", Db("a.db"), "--to", "memory:"}, 2, "--to: memory:");
  ExpectRefused({"admin", "migrate", "--from", Db("a.db"), "--to", "sqlite:" + folder_.path() + "/./a.db"}, 2,
                "the same as --from");
  ExpectRefused({"admin", "migrate", "--from", Db("a.db"), "--to", Db("b.db")}, 1, "the source is empty");
}

TEST_F(StorageCommandsTest, MigrateTakesUrisFromTheEnvironment) {
  std::ofstream(folder_.File("a.db")) << "";
  const Outcome outcome =
      RunCommand({"admin", "migrate", "--json"}, "",
                 {"TWOFOLD_MIGRATE_FROM=" + Db("a.db"), "TWOFOLD_MIGRATE_TO=" + Db("b.db")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "");
  const auto error = Member(FromJson(outcome.out), "error");
  EXPECT_EQ(TextAt(error, "code"), "FAILED_PRECONDITION");
  EXPECT_THAT(TextAt(error, "message"), HasSubstr("the source is empty"));
}

TEST_F(StorageCommandsTest, BackupRefusesWhatItCannotRead) {
  const std::string to = folder_.File("backup.db");
  ExpectRefused({"admin", "backup", "--storage", Db("none.db"), "--to", to}, 1, "No such file");
  ExpectRefused({"admin", "backup", "--storage", "memory:", "--to", to}, 2, "only sqlite:PATH");
  ExpectRefused({"admin", "backup", "--storage", "redis://u:secret@host/1", "--to", to}, 2,
                "redis://***@host/1");
  ExpectRefused({"admin", "backup", "--storage", "sqlite:", "--to", to}, 2, "the path is missing");
  ExpectRefused({"admin", "backup", "--storage", Db("none.db")}, 2, "--to is required");
  std::ofstream(folder_.File("garbage.db")) << std::string(5000, 'x');
  ExpectRefused({"admin", "backup", "--storage", Db("garbage.db"), "--to", to}, 1, "not a SQLite database");
  EXPECT_FALSE(std::filesystem::exists(to));
  EXPECT_FALSE(std::filesystem::exists(to + ".part"));
}

}  // namespace
}  // namespace twofold
