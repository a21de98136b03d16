// The real command migrates and backs up stores, and the real server serves them before and after.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/user_of_command.h"
#include "tests/harness/await.h"
#include "tests/harness/command_process.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

using google::protobuf::Struct;

// The marker's key in SQL.
constexpr char kMarker[] = "x'000073746f7265'";

class Migrate : public UserOfCommand {
 protected:
  std::vector<std::string> MigrateTo(const std::string& file) const {
    return {"admin", "migrate", "--from", "sqlite:" + db_, "--to", "sqlite:" + file};
  }
  static std::string Sql(const std::string& file, const std::string& sql) {
    const ToolResult result = RunTool({"sqlite3", "-cmd", ".timeout 5000", file, sql});
    return result.exit_code == 0 ? result.out : "";
  }
  // Records that no user has, so that a migration takes a while.
  void AddRecords(int count) const {
    Sql(db_, absl::StrCat(
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ", count,
                 ") INSERT INTO record SELECT i, CAST('filler' || i AS BLOB), i, randomblob(300) FROM n"));
  }
  // 0 also where there is no database yet.
  static int64_t Count(const std::string& file) {
    if (!std::filesystem::exists(file)) return 0;
    return std::atoll(Sql(file, "SELECT count(*) FROM record").c_str());
  }

  const std::string db_ = data_ + "/twofold.db";
  const std::string target_ = folder_.File("copy.db");
};

TEST_F(Migrate, L7_AUsedCodeStaysUsedAndTheOldStoreIsRefused) {
  ServerProcess server(data_);
  EnrollAndLogIn(server);
  const ToolResult beside = Twofold(MigrateTo(target_));
  EXPECT_EQ(beside.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(beside.err, "another server or command is using this database"))
      << beside.err;
  EXPECT_EQ(server.Terminate(), 0);

  const ToolResult migrated = Twofold(MigrateTo(target_));
  ASSERT_EQ(migrated.exit_code, 0) << migrated.err;
  EXPECT_TRUE(absl::StrContains(migrated.out, "Records:   1 (1 written now")) << migrated.out;
  EXPECT_EQ(migrated.err, "");
  EXPECT_TRUE(absl::StrContains(Refused("sqlite:" + db_), "was migrated to sqlite:" + target_));

  ServerProcess there(folder_.File("other"), On("sqlite:" + target_));
  EXPECT_EQ(Verify(there, Code(-1)), 1);
  EXPECT_EQ(Verify(there, Code(0)), 1);
  EXPECT_EQ(Verify(there, Code(+1)), 0);
  EXPECT_EQ(there.Terminate(), 0);

  // Not over what is newer, and not elsewhere from what is old.
  const ToolResult again = Twofold(MigrateTo(target_));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(absl::StrContains(again.out, "complete before")) << again.out;
  EXPECT_EQ(Twofold(MigrateTo(folder_.File("third.db"))).exit_code, 1);

  // And back, over the old one.
  std::vector<std::string> back = {"admin",         "migrate", "--to",
                                   "sqlite:" + db_, "--from",  "sqlite:" + target_};
  EXPECT_EQ(Twofold(back).exit_code, 1);
  back.insert(back.end(), {"--overwrite", "--json"});
  const ToolResult home = Twofold(back);
  ASSERT_EQ(home.exit_code, 0) << home.out;
  Struct report;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(home.out, &report).ok()) << home.out;
  EXPECT_EQ(report.fields().at("records").number_value(), 1);
  EXPECT_TRUE(absl::StrContains(Refused("sqlite:" + target_), "was migrated to sqlite:" + db_));
  server.Start();
  EXPECT_EQ(Verify(server, Code(+1)), 1);
}

TEST_F(Migrate, ATerminalShowsABar) {
  { EXPECT_EQ(ServerProcess(data_).Terminate(), 0); }
  AddRecords(3);
  const std::string twofold = BuiltBinary("clients/cli/twofold");
  const std::string from_to = absl::StrCat(" --from sqlite:", db_, " --to sqlite:", target_);
  const ToolResult bar =
      RunTool({"script", "-qec", absl::StrCat(twofold, " admin migrate", from_to, " > ", folder_.File("out")),
               "/dev/null"});
  EXPECT_EQ(bar.exit_code, 0) << bar.out;
  EXPECT_TRUE(absl::StrContains(bar.out, "\rcopying  [..............................] 0 %")) << bar.out;
  EXPECT_TRUE(absl::StrContains(bar.out, "\rverifying  [")) << bar.out;
  EXPECT_TRUE(absl::EndsWith(bar.out, "\r\x1b[K")) << "nothing stays: " << bar.out;
  const ToolResult json = RunTool(
      {"script", "-qec", absl::StrCat(twofold, " admin migrate --json", from_to, " > ", folder_.File("out")),
       "/dev/null"});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(json.out, "");
}

TEST_F(Migrate, L7_AKilledMigrationIsCompletedByTheSameCommand) {
  { EXPECT_EQ(ServerProcess(data_).Terminate(), 0); }
  AddRecords(20000);
  ASSERT_EQ(Count(db_), 20001);
  bool killed = false;
  for (int milliseconds = 30;; milliseconds = milliseconds * 3 / 2) {
    // Not with its group: `timeout` would be gone before the command has let go of its lock.
    std::vector<std::string> command = {"timeout",
                                        "--foreground",
                                        "-s",
                                        "KILL",
                                        absl::StrCat(milliseconds / 1000.0),
                                        BuiltBinary("clients/cli/twofold")};
    for (const std::string& argument : MigrateTo(target_)) command.push_back(argument);
    const ToolResult result = RunTool(command);
    if (result.exit_code == 0) break;
    ASSERT_TRUE(result.err.empty()) << result.err;
    // Not begun, or marked: never is the half of it served. With every record there it may have been
    // complete.
    if (const int64_t copied = Count(target_); copied > 0 && copied < 20001) {
      killed = true;
      EXPECT_THAT(Refused("sqlite:" + db_), testing::HasSubstr("is being migrated to sqlite:" + target_));
      EXPECT_THAT(Refused("sqlite:" + target_), testing::HasSubstr("not complete"));
    }
  }
  EXPECT_TRUE(killed);
  EXPECT_EQ(Count(target_), 20001);
  EXPECT_TRUE(absl::StrContains(Refused("sqlite:" + db_), "was migrated to"));
  EXPECT_EQ(
      Sql(target_, "ATTACH '" + db_ + "' AS old; SELECT count(*) FROM record AS new JOIN old.record AS old" +
                       " ON new.key = old.key AND new.bytes = old.bytes"),
      "20000\n");
  ServerProcess there(folder_.File("other"), On("sqlite:" + target_));
}

TEST_F(Migrate, CtrlCSaysHowToGoOnAndHowToGiveUp) {
  { EXPECT_EQ(ServerProcess(data_).Terminate(), 0); }
  AddRecords(40000);
  CommandProcess migrate(MigrateTo(target_));
  // The first records are there: the marks were set.
  EXPECT_TRUE(Await(absl::Minutes(1), [this] { return Count(target_) >= 2; }));
  migrate.Signal(SIGINT);
  const Outcome outcome = migrate.Finish();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.out;
  EXPECT_TRUE(absl::StrContains(outcome.err, "run the same command again")) << outcome.err;
  EXPECT_TRUE(absl::StrContains(outcome.err, "--abandon")) << outcome.err;
  const ToolResult given_up = Twofold({"admin", "migrate", "--from", "sqlite:" + db_, "--abandon"});
  EXPECT_EQ(given_up.exit_code, 0) << given_up.err;
  ServerProcess server(data_);
  EXPECT_TRUE(absl::StrContains(Refused("sqlite:" + target_), "not complete"));
}

// Another process migrates the store away, as it can where servers share one. The user's record is there.
// Only the marker says that the server must not use it any more.
TEST_F(Migrate, L7_ARunningServerStopsWhenItsStoreIsMigratedAway) {
  ServerProcess server(data_);
  EnrollAndLogIn(server);
  const std::string original = Sql(db_, absl::StrCat("SELECT hex(bytes) FROM record WHERE key = ", kMarker));
  // Field 5, migrated_to.
  const auto set = [this](const std::string& hex) {
    Sql(db_, absl::StrCat("UPDATE record SET bytes = x'", hex, "' WHERE key = ", kMarker));
  };
  const std::string hex = original.substr(0, original.size() - 1);
  set(hex + "2a0162");
  EXPECT_TRUE(Await(absl::Minutes(1),
                    [&] { return absl::StrContains(server.Log(), "the store is being migrated to b"); }));
  const ToolResult refused = At(server, {"verify", "ann", Code(+1), "--json"});
  EXPECT_EQ(refused.exit_code, 3) << refused.out;
  EXPECT_TRUE(absl::StrContains(refused.out, "STORAGE_UNAVAILABLE")) << refused.out;
  EXPECT_EQ(At(server, {"methods", "ann"}).exit_code, 3);
  // Given up.
  set(hex);
  EXPECT_TRUE(Await(absl::Minutes(1), [&] { return At(server, {"methods", "ann"}).exit_code == 0; }));
  EXPECT_EQ(Verify(server, Code(+1)), 0);
}

TEST_F(Migrate, ABackupBesideARunningServerIsAStore) {
  ServerProcess server(data_);
  EnrollAndLogIn(server);
  std::atomic<bool> stop{false};
  std::atomic<int> enrolled{0};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      EXPECT_EQ(At(server, {"enroll", absl::StrCat("user", i), "--no-confirm", "--json"}).exit_code, 0);
      ++enrolled;
    }
  });
  for (int i = 0; i < 5; ++i) {
    const int before = enrolled;
    while (enrolled == before) std::this_thread::yield();
    const std::string file = folder_.File(absl::StrCat("backup", i, ".db"));
    const ToolResult backup =
        Twofold({"admin", "backup", "--storage", "sqlite:" + db_, "--to", file, "--json"});
    ASSERT_EQ(backup.exit_code, 0) << backup.out << backup.err;
    EXPECT_EQ(Sql(file, "PRAGMA integrity_check"), "ok\n");
    EXPECT_FALSE(std::filesystem::exists(file + ".part"));
  }
  stop = true;
  writer.join();
  // An old file is not replaced.
  const ToolResult again =
      Twofold({"admin", "backup", "--storage", "sqlite:" + db_, "--to", folder_.File("backup0.db")});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(again.err, "left as it is")) << again.err;
  // The server never noticed.
  EXPECT_EQ(Verify(server, Code(+1)), 0);

  ServerProcess restored(folder_.File("other"), On("sqlite:" + folder_.File("backup4.db")));
  EXPECT_EQ(Verify(restored, Code(0)), 1);
  // As docs say: what was used after the backup was made is not known to it.
  EXPECT_EQ(Verify(restored, Code(+1)), 0);
}

}  // namespace
}  // namespace twofold
