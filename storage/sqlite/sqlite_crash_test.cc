#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

// A process that writes to a database until killed.
class Child {
 public:
  explicit Child(const std::string& path) {
    int pipe_ends[2];
    EXPECT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    std::string program = "tests/harness/sqlite_crash_child";
    std::string argument = path;
    char* argv[] = {program.data(), argument.data(), nullptr};
    EXPECT_EQ(posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    reports_ = pipe_ends[0];
  }

  ~Child() {
    Kill();
    close(reports_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Reads up to `count` reports; fewer when the child is dead.
  int Read(int count, std::map<uint64_t, Version>& acknowledged) {
    uint64_t report[2];
    int read_count = 0;
    while (read_count < count && ReadFully(report, sizeof(report))) {
      acknowledged[report[0]] = report[1];
      ++read_count;
    }
    return read_count;
  }

  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  bool ReadFully(void* bytes, size_t size) {
    size_t have = 0;
    while (have < size) {
      const ssize_t got = read(reports_, static_cast<char*>(bytes) + have, size - have);
      if (got <= 0) return false;
      have += static_cast<size_t>(got);
    }
    return true;
  }

  pid_t pid_ = 0;
  int reports_ = -1;
};

TEST(SqliteCrash, L1_KilledUnderLoadEveryAcknowledgedWriteIsThere) {
  constexpr uint32_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const TempFolder folder;
  const std::string path = folder / "twofold.db";
  std::map<uint64_t, Version> acknowledged;
  for (int round = 0; round < 30; ++round) {
    Child child(path);
    const int count = 1 + static_cast<int>(random() % 3000);
    ASSERT_EQ(child.Read(count, acknowledged), count);
    child.Kill();
    child.Read(1'000'000, acknowledged);

    const auto storage = OpenSqliteStorage(path);
    ASSERT_TRUE(storage.ok()) << storage.status();
    StorageClient client(**storage);
    for (auto& [record, version] : acknowledged) {
      const Version present = client.VersionOf(absl::StrCat("record", record));
      // The one that was in flight may be there too, and stays once it was read.
      ASSERT_GE(present, version) << record;
      ASSERT_LE(present, version + 1) << record;
      version = present;
    }
  }
  SQLite::Database database(path);
  EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
}

TEST(SqliteCrash, T42_AnotherProcessOnTheSameFileIsRefused) {
  const TempFolder folder;
  const std::string path = folder / "twofold.db";
  Child child(path);
  std::map<uint64_t, Version> acknowledged;
  ASSERT_EQ(child.Read(1, acknowledged), 1);
  const absl::Status refused = OpenSqliteStorage(path).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr(path));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("another server"));
  child.Kill();
  EXPECT_TRUE(OpenSqliteStorage(path).ok());
}

}  // namespace
}  // namespace twofold
