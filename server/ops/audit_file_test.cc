// Tests of the file of the audit log, and of what happens to it meanwhile.

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/harness/audit_fixture.h"
#include "tests/harness/capture_stderr.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

TEST_F(AuditLogTest, FileIsForItsOwnerAloneAndIsAppendedTo) {
  for (const char* user : {"first", "second"}) Record(*Open(), user);
  EXPECT_EQ(ReadLines(settings_.destination).size(), 2U);
  struct stat info = {};
  ASSERT_EQ(stat(settings_.destination.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(AuditLogTest, NamesThePathThatCannotBeOpened) {
  const std::pair<std::string, const char*> cases[] = {
      {folder_ + "/missing/audit.log", "No such file or directory"},
      {folder_, "Is a directory"},
  };
  for (const auto& [path, reason] : cases) {
    settings_.destination = path;
    const absl::Status status = OpenAuditLog(settings_, clock_).status();
    EXPECT_EQ(status,
              absl::InvalidArgumentError(absl::StrCat("cannot open the audit log ", path, ": ", reason)));
  }
}

TEST_F(AuditLogTest, NeverIsAFileThatTheServerUsesOtherwise) {
  const std::string ring = folder_ + "/ring";
  const std::string later = folder_ + "/later";
  const std::string before = R"({"keys": "all of them"})";
  std::ofstream(ring) << before;
  std::filesystem::create_hard_link(ring, folder_ + "/hard");
  std::filesystem::create_symlink("ring", folder_ + "/soft");
  std::filesystem::create_symlink("soft", folder_ + "/soft2");
  std::filesystem::create_symlink(later, folder_ + "/dangling");
  std::filesystem::create_directory_symlink(folder_, folder_ + "/folder");
  settings_.used_otherwise = {ring, later};
  for (const char* name :
       {"ring", "hard", "soft", "soft2", "folder/ring", "./later", "dangling", "folder/later"}) {
    settings_.destination = absl::StrCat(folder_, "/", name);
    EXPECT_THAT(OpenAuditLog(settings_, clock_).status().message(),
                HasSubstr("the server itself uses this file"))
        << name;
  }
  EXPECT_EQ(ReadFile(ring), before);
  EXPECT_FALSE(std::filesystem::exists(later));
  // The log does not become one of them when it is opened again.
  settings_.destination = folder_ + "/audit.log";
  const auto log = Open();
  std::filesystem::remove(settings_.destination);
  std::filesystem::create_symlink(ring, settings_.destination);
  EXPECT_FALSE(log->Reopen().ok());
  EXPECT_EQ(ReadFile(ring), before);
}

TEST_F(AuditLogTest, IsAFileOrAPipeAndNothingElse) {
  const std::string socket_path = folder_ + "/s";
  ASSERT_EQ(mknod(socket_path.c_str(), S_IFSOCK | 0600, 0), 0);
  const std::string file = folder_ + "/out";
  const int out = open(file.c_str(), O_WRONLY | O_CREAT, 0600);
  const int saved = dup(STDOUT_FILENO);
  dup2(out, STDOUT_FILENO);
  const std::pair<std::string, const char*> cases[] = {
      {"/proc/self/mem", "the kernel keeps no log there"},
      {"/dev/zero", "a device or a socket"},
      {"/dev/full", "a device or a socket"},
      {socket_path, "a device or a socket"},
      {folder_, "Is a directory"},
      {file, "use --audit_log=/dev/stdout"},
  };
  for (const auto& [path, reason] : cases) {
    settings_.destination = path;
    EXPECT_THAT(OpenAuditLog(settings_, clock_).status().message(), HasSubstr(reason)) << path;
  }
  settings_.destination = "/dev/stdout";
  Record(*Open(), "out");
  dup2(saved, STDOUT_FILENO);
  EXPECT_EQ(ReadLines(file).at(0)["user"], "out");
  settings_.destination = "/dev/null";
  EXPECT_TRUE(Record(*Open(), "a"));
  for (const int fd : {out, saved}) close(fd);
}

TEST_F(AuditLogTest, ANamedPipeWithoutReaderDoesNotHoldUpTheStart) {
  ASSERT_EQ(mkfifo(settings_.destination.c_str(), 0600), 0);
  EXPECT_THAT(OpenAuditLog(settings_, clock_).status().message(), HasSubstr("nobody reads this named pipe"));
}

TEST_F(AuditLogTest, ReopenWritesToTheNewFileAfterARotation) {
  const std::string rotated = settings_.destination + ".1";
  {
    const auto log = Open();
    Record(*log, "before");
    ASSERT_TRUE(Eventually([&] { return !ReadLines(settings_.destination).empty(); }));
    std::filesystem::rename(settings_.destination, rotated);
    ASSERT_TRUE(log->Reopen().ok());
    Record(*log, "after");
  }
  EXPECT_EQ(ReadLines(rotated).at(0)["user"], "before");
  EXPECT_EQ(ReadLines(settings_.destination).at(0)["user"], "after");
}

TEST_F(AuditLogTest, ALineCutByAFullDiskIsWholeInTheFileThatReplacesIt) {
  settings_.retry = absl::Hours(1);
  const std::string rotated = settings_.destination + ".1";
  {
    const auto log = Open();
    {
      const FullDisk full(50);
      Record(*log, "cut");
      ASSERT_TRUE(Eventually([&] { return log->write_errors() > 0; }));
      std::filesystem::rename(settings_.destination, rotated);
    }
    ASSERT_TRUE(log->Reopen().ok());
  }
  EXPECT_EQ(ReadFile(rotated).size(), 50U);
  EXPECT_EQ(ReadLines(settings_.destination).at(0)["user"], "cut");
}

TEST_F(AuditLogTest, AReopenThatFailsKeepsTheOldFile) {
  const std::string moved = folder_ + "-moved";
  {
    const auto log = Open();
    std::filesystem::rename(folder_, moved);
    EXPECT_FALSE(log->Reopen().ok());
    Record(*log, "still");
  }
  EXPECT_EQ(ReadLines(moved + "/audit.log").at(0)["user"], "still");
  std::filesystem::remove_all(moved);
}

TEST_F(AuditLogTest, NoEventIsInAFileThatWasRemoved) {
  settings_.required = true;
  const auto log = Open();
  ASSERT_TRUE(Record(*log, "before"));
  ASSERT_TRUE(Eventually([&] { return !ReadLines(settings_.destination).empty(); }));
  std::filesystem::remove(settings_.destination);
  for (const char* user : {"a", "b"}) {
    ASSERT_TRUE(Record(*log, user));
    EXPECT_TRUE(Eventually([&] {
      const std::vector<Json> lines = ReadLines(settings_.destination);
      return !lines.empty() && lines.back()["user"] == user;
    }));
  }
  EXPECT_EQ(ReadLines(settings_.destination).size(), 2U);
}

TEST_F(AuditLogTest, WhenRequiredNothingIsTakenWhileTheFileCannotBeMadeAgain) {
  settings_.required = true;
  const std::string moved = folder_ + "-moved";
  // Once the file is removed, and once it is moved to where nobody looks for it.
  for (const bool removed : {true, false}) {
    std::filesystem::remove(settings_.destination);
    const auto log = Open();
    std::filesystem::rename(folder_, moved);
    if (removed) std::filesystem::remove_all(moved);
    ASSERT_TRUE(Record(*log, "a"));
    ASSERT_TRUE(Eventually([&] { return !log->CheckReady().ok(); }));
    EXPECT_THAT(log->Reserve().status().message(), HasSubstr("No such file or directory"));
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(Eventually([&] { return log->CheckReady().ok(); }));
    ASSERT_TRUE(Record(*log, "b"));
    ASSERT_TRUE(Eventually([&] {
      const std::vector<Json> lines = ReadLines(settings_.destination);
      return !lines.empty() && lines.back()["user"] == "b";
    }));
    const std::string first = removed ? settings_.destination : moved + "/audit.log";
    EXPECT_EQ(ReadLines(first).front()["user"], "a");
    std::filesystem::remove_all(moved);
  }
}

TEST_F(AuditLogTest, AFileThatWasMovedIsLeftWithoutASignal) {
  const std::string rotated = settings_.destination + ".1";
  const auto log = Open();
  Record(*log, "a");
  ASSERT_TRUE(Eventually([&] { return !ReadLines(settings_.destination).empty(); }));
  std::filesystem::rename(settings_.destination, rotated);
  Record(*log, "b");
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(settings_.destination); }));
  Record(*log, "c");
  ASSERT_TRUE(Eventually([&] { return !ReadLines(settings_.destination).empty(); }));
  EXPECT_EQ(ReadLines(rotated).back()["user"], "b");
  EXPECT_EQ(ReadLines(settings_.destination).at(0)["user"], "c");
}

TEST_F(AuditLogTest, ACopyThatIsCutBackGoesOnAtItsBeginning) {
  const auto log = Open();
  Record(*log, "a");
  ASSERT_TRUE(Eventually([&] { return !ReadLines(settings_.destination).empty(); }));
  std::filesystem::resize_file(settings_.destination, 0);
  Record(*log, "b");
  ASSERT_TRUE(Eventually([&] { return !ReadLines(settings_.destination).empty(); }));
  EXPECT_EQ(ReadLines(settings_.destination).at(0)["user"], "b");
}

TEST_F(AuditLogTest, NothingIsSaidToBeLostWhereEveryEventIsWritten) {
  const std::string place = folder_ + "/place";
  std::filesystem::create_directory(place);
  settings_.destination = place + "/audit.log";
  settings_.required = true;
  CaptureStderr capture;
  auto log = Open();
  // The file that is open has another name now, and under its own none can be made.
  std::filesystem::rename(place, folder_ + "/moved");
  EXPECT_TRUE(Record(*log, "ann"));
  EXPECT_TRUE(Eventually([&log] { return log->write_errors() > 0; }));
  log.reset();
  EXPECT_THAT(capture.Stop(), Not(HasSubstr("are lost")));
  EXPECT_EQ(ReadLines(folder_ + "/moved/audit.log").size(), 1U);
}

}  // namespace
}  // namespace twofold
