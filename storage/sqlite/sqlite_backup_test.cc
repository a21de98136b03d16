#include "storage/sqlite/sqlite_backup.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/disk_faults.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

class SqliteBackupTest : public ::testing::Test {
 protected:
  ~SqliteBackupTest() override { HealDisk(); }

  std::unique_ptr<SqliteStorage> Create(int records) {
    auto storage = OpenSqliteStorage(path_).value();
    StorageClient client(*storage);
    for (int i = 0; i < records; ++i) {
      EXPECT_TRUE(client.Put(absl::StrCat("k", i), std::string(300, 'v'), kAbsent, 1).ok());
    }
    return storage;
  }

  absl::StatusOr<SqliteBackup> BackUp() { return BackUp(to_); }
  absl::StatusOr<SqliteBackup> BackUp(const std::string& to) {
    return BackUpSqlite(path_, to, [this](int64_t done, int64_t total) {
      progress_.emplace_back(done, total);
      if (on_progress_) on_progress_();
    });
  }

  void ExpectRefused(absl::string_view why) {
    const std::set<std::string> before = Files();
    const absl::Status status = BackUp().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(why)));
    EXPECT_EQ(Files(), before);
  }

  void WriteFile(const std::string& path, absl::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  // But for those that SQLite leaves beside a database that is only read.
  std::set<std::string> Files() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename();
      if (name != "twofold.db-wal" && name != "twofold.db-shm") names.insert(name);
    }
    return names;
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "twofold.db";
  const std::string to_ = folder_ / "backup.db";
  std::vector<std::pair<int64_t, int64_t>> progress_;
  std::function<void()> on_progress_;
};

TEST_F(SqliteBackupTest, OpensAsAStoreWithEverything) {
  std::unique_ptr<SqliteStorage> storage = Create(500);
  const mode_t before = umask(0);
  const absl::StatusOr<SqliteBackup> backup = BackUp();
  umask(before);
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup->records, 500);
  struct stat info;
  ASSERT_EQ(stat(to_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(info.st_size, backup->bytes);
  EXPECT_EQ(progress_.back().first, progress_.back().second);
  // One file, without a log beside it.
  EXPECT_EQ(Files(), (std::set<std::string>{"backup.db", "twofold.db"}));

  const std::map<std::string, VersionedBytes> expected = StorageClient(*storage).ScanAll(100);
  const auto restored = OpenSqliteStorage(to_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  const std::map<std::string, VersionedBytes> found = StorageClient(**restored).ScanAll(100);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [key, value] : expected) {
    EXPECT_EQ(found.at(key).bytes, value.bytes);
    EXPECT_EQ(found.at(key).version, value.version);
  }
}

// Its log has the other name.
TEST_F(SqliteBackupTest, ADatabaseWithASecondNameIsRefused) {
  Create(5);
  std::filesystem::create_hard_link(path_, folder_ / "hard.db");
  for (const std::string& name : {path_, folder_ / "hard.db"}) {
    const absl::Status refused = BackUpSqlite(name, to_, [](int64_t, int64_t) {}).status();
    EXPECT_THAT(std::string(refused.message()), HasSubstr("has 2 names (hard links)"));
  }
  EXPECT_FALSE(std::filesystem::exists(to_));
}

// Every record is written to over and over, in rounds: a state of one moment has at most two rounds
// in it.
TEST_F(SqliteBackupTest, IsTheStateOfOneMomentWhileWritesGoOn) {
  constexpr int kRecords = 40;
  std::unique_ptr<SqliteStorage> storage = Create(kRecords);
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  std::thread writer([&] {
    StorageClient client(*storage);
    for (Version round = 1; !stop; ++round) {
      for (int i = 0; i < kRecords; ++i) {
        // Longer than a page and growing, so that pages move.
        const std::string bytes = absl::StrCat(round, ":", std::string(1000 + 20 * (round % 50), 'x'));
        EXPECT_TRUE(client.Put(absl::StrCat("k", i), bytes, round, round + 1).ok());
      }
      ++rounds;
    }
  });
  for (int i = 0; i < 4; ++i) {
    const std::string to = folder_ / absl::StrCat("backup", i);
    const int begun = rounds;
    // Writes go on while the backup holds its moment.
    on_progress_ = [&] {
      while (rounds < begun + 2) std::this_thread::yield();
    };
    const absl::StatusOr<SqliteBackup> backup = BackUp(to);
    ASSERT_TRUE(backup.ok()) << backup.status();
    const auto restored = OpenSqliteStorage(to).value();
    const auto records = StorageClient(*restored).ScanAll(100);
    ASSERT_EQ(records.size(), static_cast<size_t>(kRecords));
    for (int k = 1; k < kRecords; ++k) {
      const Version before = records.at(absl::StrCat("k", k - 1)).version;
      const Version here = records.at(absl::StrCat("k", k)).version;
      EXPECT_GE(before, here);
      EXPECT_LE(records.at("k0").version, here + 1);
    }
  }
  stop = true;
  writer.join();
}

TEST_F(SqliteBackupTest, WritesMeanwhileDoNotMakeItBeginAgain) {
  const auto storage = OpenSqliteStorage(path_).value();
  StorageClient client(*storage);
  // More than is copied at once.
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(client.Put(absl::StrCat("k", i), std::string(60000, 'v'), kAbsent, 1).ok());
  }
  on_progress_ = [&] {
    if (progress_.size() < 20) {
      ASSERT_TRUE(client.Put(absl::StrCat("later", progress_.size()), "v", kAbsent, 1).ok());
    }
  };
  const absl::StatusOr<SqliteBackup> backup = BackUp();
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup->records, 100);
  EXPECT_EQ(progress_.size(), 2U);
}

TEST_F(SqliteBackupTest, ReadsALogThatACrashLeft) {
  std::unique_ptr<SqliteStorage> storage = Create(20);
  const std::string killed = folder_ / "killed.db";
  for (const char* suffix : {"", "-wal"}) std::filesystem::copy_file(path_ + suffix, killed + suffix);
  const absl::StatusOr<SqliteBackup> backup = BackUpSqlite(killed, to_, [](int64_t, int64_t) {});
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(backup->records, 20);
}

TEST_F(SqliteBackupTest, AnExistingFileIsLeftAsItIs) {
  Create(1);
  WriteFile(to_, "precious");
  EXPECT_EQ(BackUp().status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadFile(to_), "precious");
  std::filesystem::remove(to_);
  std::filesystem::create_symlink(folder_ / "elsewhere", to_);
  EXPECT_EQ(BackUp().status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(SqliteBackupTest, AFileThatAppearsMeanwhileIsLeftAsItIs) {
  Create(1);
  on_progress_ = [this] { WriteFile(to_, "precious"); };
  EXPECT_EQ(BackUp().status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadFile(to_), "precious");
  EXPECT_EQ(Files().count("backup.db.part"), 0U);
}

TEST_F(SqliteBackupTest, APartThatWasLeftBehindIsReplacedButNotOneInTheMaking) {
  Create(1);
  const std::string part = to_ + ".part";
  WriteFile(part, std::string(100000, 'x'));
  const int other = open(part.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  ExpectRefused("is being written by another command");
  close(other);
  ASSERT_TRUE(BackUp().ok());
  EXPECT_EQ(Files().count("backup.db.part"), 0U);
}

TEST_F(SqliteBackupTest, SourcesThatAreNoStore) {
  ExpectRefused("No such file");
  for (const std::string& content : {std::string("x"), std::string(5000, 'x')}) {
    WriteFile(path_, content);
    ExpectRefused("not a SQLite database");
    EXPECT_EQ(ReadFile(path_), content);
  }
  WriteFile(path_, "");
  ExpectRefused("is empty");
  std::filesystem::remove(path_);
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE mine (x)");
  ExpectRefused("another program");
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  ExpectRefused("is not a regular file");
}

TEST_F(SqliteBackupTest, L6_ANewerSchemaIsRefused) {
  Create(1);
  SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 3");
  ExpectRefused("written by a newer release");
}

TEST_F(SqliteBackupTest, ADamagedDatabaseIsNotBackedUp) {
  Create(2000);
  std::string content = ReadFile(path_);
  content.replace(content.size() / 3 / 4096 * 4096, 4096, std::string(4096, '\x5a'));
  WriteFile(path_, content);
  ExpectRefused("damaged");
}

TEST_F(SqliteBackupTest, TargetsThatCannotBeWritten) {
  Create(1);
  for (const std::string& to : {folder_ / "missing/backup.db", std::string("/proc/backup.db")}) {
    const absl::Status status = BackUp(to).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(to));
  }
}

TEST_F(SqliteBackupTest, L3_AFullDiskLeavesNothingBehind) {
  // Faults are for names with ".db" in them.
  const std::string healthy = folder_ / "healthy";
  ASSERT_TRUE(StorageClient(*OpenSqliteStorage(healthy).value()).Put("k", "v", kAbsent, 1).ok());
  FailDisk(DiskCall::kWrite, ENOSPC);
  const absl::Status status = BackUpSqlite(healthy, to_, [](int64_t, int64_t) {}).status();
  HealDisk();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(to_));
  EXPECT_EQ(Files().count("backup.db") + Files().count("backup.db.part"), 0U);
}

}  // namespace
}  // namespace twofold
