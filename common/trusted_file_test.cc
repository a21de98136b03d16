#include "common/trusted_file.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kMe = 998;
constexpr uid_t kStranger = 1001;
constexpr gid_t kMine = 997;
constexpr gid_t kAlsoMine = 2000;
constexpr gid_t kTheirs = 50;

// What is wrong with a file of that owner, group and mode; empty when nothing is.
std::string Wrong(uid_t owner, gid_t group, mode_t mode, Secrecy secrecy, uid_t me = kMe) {
  struct stat info = {};
  info.st_uid = owner;
  info.st_gid = group;
  info.st_mode = S_IFREG | mode;
  FileUser user;
  user.user = me;
  user.groups = {kAlsoMine, kMine};
  return std::string(CheckMode("/f", info, user, secrecy).message());
}

TEST(CheckMode, AcceptsFilesThatOnlyRootAndThisProcessCanChange) {
  for (const uid_t owner : {kMe, uid_t{0}}) {
    for (const gid_t group : {kMine, kAlsoMine}) {
      for (const mode_t mode : {0600U, 0400U, 0440U, 0640U, 0660U}) {
        EXPECT_EQ(Wrong(owner, group, mode, Secrecy::kSecret), "") << owner << " " << group << " " << mode;
      }
      EXPECT_EQ(Wrong(owner, group, 0664, Secrecy::kPublic), "");
    }
    EXPECT_EQ(Wrong(owner, kTheirs, 0600, Secrecy::kSecret), "");
    EXPECT_EQ(Wrong(owner, kTheirs, 0644, Secrecy::kPublic), "");
  }
}

TEST(CheckMode, SaysWhoMayDoWhatAndWhatMendsIt) {
  EXPECT_EQ(Wrong(kMe, kMine, 0666, Secrecy::kPublic),
            "may be written to by others (mode 0666): chmod o-w /f");
  EXPECT_EQ(Wrong(kMe, kMine, 0666, Secrecy::kSecret),
            "may be written to by others (mode 0666): chmod o-rw /f");
  EXPECT_EQ(Wrong(kMe, kMine, 0644, Secrecy::kSecret), "may be read by others (mode 0644): chmod o-r /f");
  EXPECT_EQ(Wrong(0, kTheirs, 0440, Secrecy::kSecret),
            "may be read by group 50, which is none of this process's, (mode 0440): chmod g-r /f");
  EXPECT_EQ(Wrong(kMe, kTheirs, 0664, Secrecy::kPublic),
            "may be written to by group 50, which is none of this process's, (mode 0664): chmod g-w /f");
  EXPECT_EQ(Wrong(kMe, kTheirs, 01777, Secrecy::kSecret),
            "may be written to by others (mode 1777): chmod g-rw,o-rw /f");
}

TEST(CheckMode, AFileOfAnotherUserIsRefusedAlsoForRoot) {
  for (const uid_t me : {kMe, uid_t{0}}) {
    EXPECT_THAT(Wrong(kStranger, kMine, 0600, Secrecy::kPublic, me),
                HasSubstr("belongs to user 1001, who could change it"));
  }
}

class ReadTrustedFileTest : public ::testing::Test {
 protected:
  static constexpr size_t kMax = 4096;

  ReadTrustedFileTest() {
    std::string pattern = ::testing::TempDir() + "/trustXXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/ring";
    Write(path_, "text");
  }
  ~ReadTrustedFileTest() override { std::filesystem::remove_all(folder_); }

  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    Mode(path, 0600);
  }
  static void Mode(const std::string& path, mode_t mode) { ASSERT_EQ(chmod(path.c_str(), mode), 0); }

  // Its text, or the error's.
  static std::string Read(const std::string& path) {
    std::string text;
    const absl::Status read = ReadTrustedFile(path, Secrecy::kSecret, kMax, text);
    return read.ok() ? text : std::string(read.message());
  }
  std::string Read() const { return Read(path_); }

  std::string folder_;
  std::string path_;
};

TEST_F(ReadTrustedFileTest, ReadsARegularFile) { EXPECT_EQ(Read(), "text"); }

TEST_F(ReadTrustedFileTest, AFileThatIsNotRegularIsRefusedWithoutWaiting) {
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(Read(pipe), "is a named pipe and not a regular file");
  EXPECT_EQ(Read(folder_), "is a folder and not a regular file");
  EXPECT_EQ(Read("/dev/zero"), "is a device and not a regular file");
  EXPECT_EQ(Read("/proc/self/mem"), "is empty");
}

TEST_F(ReadTrustedFileTest, SizeIsBounded) {
  Write(path_, std::string(kMax, 'x'));
  EXPECT_EQ(Read().size(), kMax);
  // Sparse: nobody may read it to find out how long it is.
  std::filesystem::resize_file(path_, uintmax_t{1} << 40);
  EXPECT_EQ(Read(), "is larger than 4 KiB");
  Write(path_, "");
  EXPECT_EQ(Read(), "is empty");
}

TEST_F(ReadTrustedFileTest, TheSystemsReasonIsGiven) {
  std::string text;
  EXPECT_EQ(ReadTrustedFile(folder_ + "/none", Secrecy::kPublic, kMax, text).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Read(path_ + "/below"), "cannot be examined: Not a directory");
  std::filesystem::create_symlink(folder_ + "/loop", folder_ + "/loop");
  EXPECT_EQ(Read(folder_ + "/loop"), "cannot be examined: Too many levels of symbolic links");
}

TEST_F(ReadTrustedFileTest, AFolderInWhichStrangersReplaceFilesIsRefused) {
  Mode(folder_, 0777);
  EXPECT_EQ(Read(),
            absl::StrCat("is in a folder that may be written to by others (mode 0777): chmod o-w ", folder_));
  Mode(folder_, 01777);
  EXPECT_EQ(Read(), "text");
  EXPECT_EQ(CheckFolder(folder_, Strangers::kReplaceNoFiles), absl::OkStatus());
  EXPECT_THAT(std::string(CheckFolder(folder_, Strangers::kMakeNoFiles).message()), HasSubstr("mode 1777"));
  Mode(folder_, 0755);
  EXPECT_EQ(Read(), "text");
}

TEST_F(ReadTrustedFileTest, ALinkOnTheWayThatStrangersCouldTurnIsRefused) {
  const std::string open = folder_ + "/open";
  const std::string real = folder_ + "/real";
  std::filesystem::create_directory(open);
  std::filesystem::create_directory(real);
  Write(real + "/file", "text");
  Mode(real + "/file", 0600);
  std::filesystem::create_symlink("../real", open + "/folder");
  std::filesystem::create_symlink("open/folder", folder_ + "/outer");
  EXPECT_EQ(Read(folder_ + "/outer/file"), "text");
  Mode(open, 0777);
  const auto is_refused = ::testing::AllOf(
      HasSubstr("is reached through the symbolic link "),
      HasSubstr(
          "/open/folder, which is in a folder that may be written to by others (mode 0777): chmod o-w "));
  EXPECT_THAT(Read(open + "/folder/file"), is_refused);
  EXPECT_THAT(Read(folder_ + "/outer/file"), is_refused);
  EXPECT_THAT(std::string(CheckLinks(open + "/folder/none").message()), is_refused);
  // Nobody but its owner can replace a link there.
  Mode(open, 01777);
  EXPECT_EQ(Read(folder_ + "/outer/file"), "text");
}

// keyring.json -> ..data/keyring.json and ..data -> ..2024, in a folder with the sticky bit.
TEST_F(ReadTrustedFileTest, AMountedKubernetesSecretIsRead) {
  Mode(folder_, 01777);
  std::filesystem::create_directory(folder_ + "/..2024");
  Mode(folder_ + "/..2024", 0755);
  Write(folder_ + "/..2024/keyring.json", "secret");
  Mode(folder_ + "/..2024/keyring.json", 0440);
  std::filesystem::create_symlink("..2024", folder_ + "/..data");
  std::filesystem::create_symlink("..data/keyring.json", folder_ + "/keyring.json");
  EXPECT_EQ(Read(folder_ + "/keyring.json"), "secret");
  // The folder that it really is in counts as well.
  Mode(folder_ + "/..2024", 0777);
  EXPECT_THAT(Read(folder_ + "/keyring.json"), HasSubstr("..2024"));
}

}  // namespace
}  // namespace twofold
