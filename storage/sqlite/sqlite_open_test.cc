// Which files are opened, which are refused and how they are left.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

class SqliteOpenTest : public ::testing::Test {
 protected:
  // A database with some records, closed.
  void Create(int records = 1) {
    const auto storage = OpenSqliteStorage(path_);
    ASSERT_TRUE(storage.ok()) << storage.status();
    StorageClient client(**storage);
    for (int i = 0; i < records; ++i) {
      ASSERT_TRUE(client.Put(absl::StrCat("k", i), std::string(300, 'v'), kAbsent, 1).ok());
    }
  }

  void WriteFile(absl::string_view content) { std::ofstream(path_, std::ios::binary) << content; }

  std::string ReadFile() {
    std::ifstream file(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  void Sql(const char* sql) {
    SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }

  void ExpectRefused(absl::string_view why) { ExpectRefused(path_, why); }
  static void ExpectRefused(const std::string& path, absl::string_view why) {
    const absl::Status status = OpenSqliteStorage(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(why)));
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }

  std::set<std::string> Files() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      names.insert(entry.path().filename());
    return names;
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "twofold.db";
};

mode_t ModeOf(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

TEST_F(SqliteOpenTest, ANewFileIsForItsOwnerOnly) {
  const mode_t before = umask(0);
  const auto storage = OpenSqliteStorage(path_);
  umask(before);
  ASSERT_TRUE(storage.ok()) << storage.status();
  ASSERT_TRUE(StorageClient(**storage).Put("k", "v", kAbsent, 1).ok());
  for (const char* suffix : {"", "-wal", "-shm"}) EXPECT_EQ(ModeOf(path_ + suffix), 0600U) << suffix;
}

TEST_F(SqliteOpenTest, ACleanCloseLeavesNoLog) {
  Create();
  EXPECT_EQ(Files(), std::set<std::string>{"twofold.db"});
}

TEST_F(SqliteOpenTest, TheFileSaysWhatItIs) {
  Create();
  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("PRAGMA application_id").getInt(), 0x32464c44);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 2);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(database.execAndGet("PRAGMA page_size").getInt(), 1024);
  EXPECT_EQ(database.execAndGet("SELECT strict FROM pragma_table_list WHERE name = 'record'").getInt(), 1);
}

// Of another page size than new ones have, as SQLite makes them.
TEST_F(SqliteOpenTest, AFileWithLargePagesIsServedAsItIs) {
  Create();
  {
    SQLite::Database database(path_, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA journal_mode = DELETE");
    database.exec("PRAGMA page_size = 4096");
    database.exec("VACUUM");
  }
  {
    const auto storage = OpenSqliteStorage(path_).value();
    StorageClient client(*storage);
    EXPECT_TRUE(client.Put("large pages", std::string(3000, 'v'), kAbsent, 1).ok());
    EXPECT_EQ(client.Get("large pages")->bytes.size(), 3000);
  }
  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("PRAGMA page_size").getInt(), 4096);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST_F(SqliteOpenTest, AnEmptyFileIsANewDatabase) {
  WriteFile("");
  EXPECT_TRUE(OpenSqliteStorage(path_).ok());
}

TEST_F(SqliteOpenTest, ARelativePathIsFromTheWorkingFolder) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  EXPECT_TRUE(OpenSqliteStorage("twofold.db").ok());
  std::filesystem::current_path(before);
  EXPECT_EQ(Files().count("twofold.db"), 1U);
}

TEST_F(SqliteOpenTest, ASecondStorageIsRefusedUntilTheFirstIsGone) {
  auto first = OpenSqliteStorage(path_);
  ASSERT_TRUE(first.ok());
  std::filesystem::create_symlink(path_, folder_ / "link.db");
  ExpectRefused("another server or command is using this database");
  EXPECT_THAT(std::string(OpenSqliteStorage(folder_ / "link.db").status().message()),
              HasSubstr("another server"));
  first->reset();
  EXPECT_TRUE(OpenSqliteStorage(folder_ / "link.db").ok());
}

TEST_F(SqliteOpenTest, T42_ASecondNameLetsNoSecondStorageIn) {
  auto first = OpenSqliteStorage(path_);
  ASSERT_TRUE(first.ok());
  const std::string hard = folder_ / "hard.db";
  std::filesystem::create_hard_link(path_, hard);
  ExpectRefused(hard, "another server or command is using this database");
  // Nor would it see, by that name, what only the log holds.
  first->reset();
  ExpectRefused(hard, "has 2 names (hard links)");
  ExpectRefused(path_, "has 2 names (hard links)");
  std::filesystem::remove(hard);
  EXPECT_TRUE(OpenSqliteStorage(path_).ok());
}

TEST_F(SqliteOpenTest, T42_NoFileBesideTheDatabaseIsTheLock) {
  const auto first = OpenSqliteStorage(path_);
  ASSERT_TRUE(first.ok());
  for (const std::string& name : Files()) {
    if (name != "twofold.db") std::filesystem::remove(folder_ / name);
  }
  ExpectRefused("another server or command is using this database");
}

// Whether some other process holds a lock of SQLite's on the file.
bool IsLockedBySqlite(const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    // SQLite's lock bytes, os.h.
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000;
    lock.l_len = 512;
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

// A process that closes any descriptor of a file loses its locks on it.
TEST_F(SqliteOpenTest, ARefusedStorageLeavesTheLocksOfTheFirstAlone) {
  Create();
  EXPECT_FALSE(IsLockedBySqlite(path_));
  const auto first = OpenSqliteStorage(path_);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(IsLockedBySqlite(path_));
  ExpectRefused("another server or command is using this database");
  EXPECT_TRUE(IsLockedBySqlite(path_));
}

TEST_F(SqliteOpenTest, WhatOthersMayChangeIsRefused) {
  Create();
  ASSERT_EQ(chmod(path_.c_str(), 0666), 0);
  ExpectRefused("it may be written to by others (mode 0666): chmod o-w " + path_);
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  // In a folder with the sticky bit they could still make a log for it.
  for (const mode_t mode : {0777U, 01777U}) {
    ASSERT_EQ(chmod(folder_.path().c_str(), mode), 0);
    ExpectRefused("it is in a folder that may be written to by others");
  }
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
  std::ofstream(path_ + "-wal") << "";
  ASSERT_EQ(chmod((path_ + "-wal").c_str(), 0622), 0);
  ExpectRefused(path_ + "-wal may be written to by others");
  std::filesystem::remove(path_ + "-wal");
  std::filesystem::create_symlink("/nowhere", path_ + "-journal");
  ExpectRefused(path_ + "-journal is a symbolic link");
  std::filesystem::remove(path_ + "-journal");
  EXPECT_TRUE(OpenSqliteStorage(path_).ok());
}

TEST_F(SqliteOpenTest, ALinkThatOthersCouldTurnElsewhereIsRefused) {
  Create();
  const std::string open = folder_.path() + "/open";
  std::filesystem::create_directory(open);
  std::filesystem::create_symlink(folder_.path(), open + "/folder");
  std::filesystem::create_symlink(path_, open + "/file");
  const std::string names[] = {open + "/folder/" + std::filesystem::path(path_).filename().string(),
                               open + "/file"};
  for (const std::string& name : names) EXPECT_TRUE(OpenSqliteStorage(name).ok()) << name;
  ASSERT_EQ(chmod(open.c_str(), 0777), 0);
  for (const std::string& name : names) {
    EXPECT_THAT(std::string(OpenSqliteStorage(name).status().message()),
                HasSubstr("it is reached through the symbolic link " + open));
  }
}

TEST_F(SqliteOpenTest, AReaderOtherThanTheServerIsWarnedOf) {
  std::vector<std::string> warnings;
  SqliteOptions options;
  options.warn = [&warnings](const std::string& sentence) { warnings.push_back(sentence); };
  ASSERT_TRUE(OpenSqliteStorage(path_, options).ok());
  EXPECT_THAT(warnings, ::testing::IsEmpty());
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  ASSERT_TRUE(OpenSqliteStorage(path_, options).ok());
  EXPECT_THAT(warnings, ::testing::ElementsAre(HasSubstr("may be read by others (mode 0644): chmod o-r ")));
}

TEST_F(SqliteOpenTest, L6_ANewerSchemaIsRefusedAndLeftAlone) {
  Create();
  Sql("PRAGMA user_version = 3");
  const std::string before = ReadFile();
  ExpectRefused("written by a newer release");
  EXPECT_EQ(ReadFile(), before);
}

TEST_F(SqliteOpenTest, ASchemaThatNoReleaseWroteIsRefusedAndLeftAlone) {
  Create();
  Sql("PRAGMA user_version = 1");
  const std::string before = ReadFile();
  ExpectRefused("has schema 1, but this release reads schemas from 2 on");
  EXPECT_EQ(ReadFile(), before);
}

TEST_F(SqliteOpenTest, SqlitesNameOfADatabaseInMemoryIsRefused) {
  ExpectRefused(":memory:", "use --storage=memory:");
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

TEST_F(SqliteOpenTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  for (const char* sql : {"CREATE TABLE mine (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"}) {
    std::filesystem::remove(path_);
    Sql(sql);
    const std::string before = ReadFile();
    ExpectRefused("is a SQLite database of another program");
    EXPECT_EQ(ReadFile(), before) << sql;
  }
}

TEST_F(SqliteOpenTest, AnythingElseIsNoDatabase) {
  for (const std::string& content :
       {std::string("x"), std::string(5000, 'x'), std::string("SQLite format 3\0", 16)}) {
    WriteFile(content);
    ExpectRefused("is not a SQLite database");
    EXPECT_EQ(ReadFile(), content);
  }
}

TEST_F(SqliteOpenTest, ADamagedHeaderOrSchemaIsRefused) {
  Create(100);
  const std::string good = ReadFile();
  std::string bad_page_size = good;
  bad_page_size.replace(16, 2, "\x7f\x7f");
  std::string bad_schema = good;
  bad_schema.replace(100, 300, std::string(300, '\x5a'));
  std::string bad_root = good;
  bad_root.replace(1024, 1024, std::string(1024, '\x5a'));
  for (const std::string& content : {bad_page_size, bad_schema, bad_root}) {
    WriteFile(content);
    ExpectRefused("damaged");
  }
}

TEST_F(SqliteOpenTest, ATruncatedFileIsRefused) {
  Create(200);
  const std::string good = ReadFile();
  for (const size_t size : {good.size() / 2, size_t{4096}, good.size() - 4096}) {
    WriteFile(good.substr(0, size));
    ExpectRefused("damaged");
  }
}

TEST_F(SqliteOpenTest, DamageFurtherInsideIsAnErrorOfTheReadsThatMeetIt) {
  Create(2000);
  // Marks a record that lies neither in the first page of the table nor in the last.
  Sql("UPDATE record SET bytes = CAST('here' || hex(zeroblob(148)) AS BLOB)"
      " WHERE row = (SELECT row FROM record ORDER BY row LIMIT 1 OFFSET 1000)");
  std::string content = ReadFile();
  const size_t inside = content.find("here") / 1024 * 1024;
  content.replace(inside, 1024, std::string(1024, '\x5a'));
  WriteFile(content);
  const auto storage = OpenSqliteStorage(path_);
  ASSERT_TRUE(storage.ok()) << storage.status();
  StorageClient client(**storage);
  int damaged = 0;
  for (int i = 0; i < 2000; ++i) {
    const absl::Status status = client.Get(absl::StrCat("k", i)).status();
    if (status.ok()) continue;
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(status.message()), HasSubstr("damaged"));
    ++damaged;
  }
  EXPECT_GT(damaged, 0);
  EXPECT_LT(damaged, 1500);
}

TEST_F(SqliteOpenTest, PathsThatCannotBeADatabase) {
  ExpectRefused(folder_ / "missing/twofold.db", "folder does not exist");
  ExpectRefused(folder_.path(), "it is a folder and not a regular file");
  WriteFile("x");
  ExpectRefused(path_ + "/below-a-file.db", "cannot be reached");
  ExpectRefused("/proc/twofold.db", "cannot be created");
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  ExpectRefused(folder_ / "pipe", "it is a named pipe and not a regular file");
}

// Runs `body` without the right of root to pass over permissions.
template <typename Body>
void WithoutPrivileges(Body body) {
  std::thread([&body] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    ASSERT_EQ(syscall(SYS_capset, &header, none), 0);
    body();
  }).join();
}

TEST_F(SqliteOpenTest, L3_AReadOnlyFolderIsRefused) {
  Create();
  ASSERT_EQ(chmod(folder_.path().c_str(), 0500), 0);
  WithoutPrivileges([this] {
    ExpectRefused("is not writable");
    ExpectRefused(folder_ / "new.db", "is not writable");
  });
  ASSERT_EQ(chmod(folder_.path().c_str(), 0700), 0);
  EXPECT_TRUE(OpenSqliteStorage(path_).ok());
}

TEST_F(SqliteOpenTest, L3_AReadOnlyFileIsRefused) {
  Create();
  ASSERT_EQ(chmod(path_.c_str(), 0400), 0);
  WithoutPrivileges([this] { ExpectRefused("cannot be opened for reading and writing: Permission denied"); });
}

// Such as a log that a command of another user left behind.
TEST_F(SqliteOpenTest, TheSystemsReasonAndTheFileAreNamedWhenSqliteCannotOpenOne) {
  Create();
  std::ofstream(path_ + "-wal") << "";
  ASSERT_EQ(chmod((path_ + "-wal").c_str(), 0), 0);
  WithoutPrivileges([this] { ExpectRefused(path_ + "-wal): Permission denied"); });
}

}  // namespace
}  // namespace twofold
