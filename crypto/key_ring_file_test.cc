#include "crypto/key_ring_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr char kKey[] = "S0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0s=";

class FixedClock final : public Clock {
 public:
  UnixMillis Now() const override { return 1764000000000; }
};

class KeyRingFileTest : public testing::Test {
 protected:
  KeyRingFileTest() {
    std::string pattern = testing::TempDir() + "/ringXXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/keyring.json";
  }
  ~KeyRingFileTest() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    chmod(path_.c_str(), 0600);
  }

  std::string Read() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }

  size_t FilesInDirectory() const {
    const std::filesystem::directory_iterator files(directory_);
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  absl::Status Create() const { return CreateKeyRingFile(path_, SystemRandom(), FixedClock()); }

  std::string directory_;
  std::string path_;
};

TEST_F(KeyRingFileTest, WhatWasCreatedLoads) {
  ASSERT_EQ(Create(), absl::OkStatus());
  const auto first = LoadKeyRingFile(path_);
  const auto second = LoadKeyRingFile(path_);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string sealed = (*first)->Seal(Purpose::kSecret, "text", "context", SystemRandom());
  EXPECT_EQ((*second)->Open(Purpose::kSecret, sealed, "context")->text(), "text");
}

TEST_F(KeyRingFileTest, TwoRingsHaveTwoKeys) {
  ASSERT_EQ(Create(), absl::OkStatus());
  const std::string first = Read();
  std::filesystem::remove(path_);
  ASSERT_EQ(Create(), absl::OkStatus());
  EXPECT_NE(Read(), first);
}

TEST_F(KeyRingFileTest, WritesTheTimeOfCreation) {
  ASSERT_EQ(Create(), absl::OkStatus());
  EXPECT_NE(Read().find("\"create_time\": \"2025-11-24T16:00:00Z\""), std::string::npos) << Read().size();
}

TEST_F(KeyRingFileTest, IsReadableByItsOwnerAloneWhateverTheUmask) {
  for (const mode_t mask : {0, 022, 077, 0777}) {
    const mode_t before = umask(mask);
    const absl::Status status = Create();
    umask(before);
    ASSERT_EQ(status, absl::OkStatus());
    struct stat info {};
    ASSERT_EQ(stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600);
    std::filesystem::remove(path_);
  }
}

TEST_F(KeyRingFileTest, LeavesNoOtherFile) {
  ASSERT_EQ(Create(), absl::OkStatus());
  EXPECT_EQ(FilesInDirectory(), 1);
  EXPECT_FALSE(Create().ok());
  EXPECT_EQ(FilesInDirectory(), 1);
}

TEST_F(KeyRingFileTest, NeverReplacesAFile) {
  for (const char* text : {"", "not a ring", "{}"}) {
    Write(text);
    EXPECT_EQ(Create().code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(Read(), text);
  }
}

TEST_F(KeyRingFileTest, NeverReplacesOrFollowsADanglingLink) {
  std::filesystem::create_symlink(directory_ + "/elsewhere", path_);
  EXPECT_EQ(Create().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/elsewhere"));
}

TEST_F(KeyRingFileTest, OfManyCreatorsOneWins) {
  std::vector<std::thread> threads;
  std::vector<absl::Status> results(8);
  for (absl::Status& result : results) threads.emplace_back([this, &result] { result = Create(); });
  for (std::thread& thread : threads) thread.join();
  int created = 0;
  for (const absl::Status& result : results) {
    created += result.ok() ? 1 : 0;
    EXPECT_TRUE(result.ok() || absl::IsAlreadyExists(result)) << result;
  }
  EXPECT_EQ(created, 1);
  EXPECT_TRUE(LoadKeyRingFile(path_).ok());
}

TEST_F(KeyRingFileTest, SaysWhereItCouldNotCreate) {
  const std::string path = directory_ + "/missing/keyring.json";
  const absl::Status status = CreateKeyRingFile(path, SystemRandom(), FixedClock());
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find(path), absl::string_view::npos) << status;
}

TEST_F(KeyRingFileTest, AMissingRingIsNotFound) {
  EXPECT_EQ(LoadKeyRingFile(path_).status(), absl::NotFoundError("there is no key ring at " + path_));
}

TEST_F(KeyRingFileTest, WhatIsNoRegularFileOfBoundedSizeIsRefusedAtOnce) {
  const auto refused = [](const std::string& path, const std::string& why) {
    return absl::FailedPreconditionError("the key ring " + path + " cannot be used: it " + why);
  };
  EXPECT_EQ(LoadKeyRingFile(directory_).status(), refused(directory_, "is a folder and not a regular file"));
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(LoadKeyRingFile(path_).status(), refused(path_, "is a named pipe and not a regular file"));
  std::filesystem::remove(path_);
  Write("");
  EXPECT_EQ(LoadKeyRingFile(path_).status(), refused(path_, "is empty"));
  std::filesystem::resize_file(path_, (1 << 20) + 1);
  EXPECT_EQ(LoadKeyRingFile(path_).status(), refused(path_, "is larger than 1024 KiB"));
}

TEST_F(KeyRingFileTest, ARingThatOthersMayReadOrReplaceIsRefused) {
  ASSERT_EQ(Create(), absl::OkStatus());
  for (const mode_t mode : {0666U, 0644U, 0602U}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    EXPECT_EQ(LoadKeyRingFile(path_).status().code(), absl::StatusCode::kFailedPrecondition) << mode;
  }
  ASSERT_EQ(chmod(path_.c_str(), 0400), 0);
  EXPECT_TRUE(LoadKeyRingFile(path_).ok());
  ASSERT_EQ(chmod(directory_.c_str(), 0777), 0);
  EXPECT_EQ(
      LoadKeyRingFile(path_).status(),
      absl::FailedPreconditionError("the key ring " + path_ +
                                    " cannot be used: it is in a folder that may be written to by others "
                                    "(mode 0777): chmod o-w " +
                                    directory_));
  std::filesystem::remove(path_);
  EXPECT_EQ(Create().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(KeyRingFileTest, ReadsRingsWrittenByHand) {
  const std::string texts[] = {
      R"({"version":1,"primary_key_id":2,"keys":[{"id":1,"key":"$"},{"id":2,"key":"$"}]})",
      R"({"version":1,"primaryKeyId":2,"keys":[{"id":2,"key":"$","createTime":"2026-01-01T00:00:00Z"}]})",
      R"( {"keys": [ {"key": "$", "id": 4294967295} ], "primary_key_id": 4294967295, "version": 1 } )",
  };
  for (const std::string& text : texts) {
    Write(absl::StrReplaceAll(text, {{"$", kKey}}));
    EXPECT_TRUE(LoadKeyRingFile(path_).ok()) << LoadKeyRingFile(path_).status();
  }
}

TEST_F(KeyRingFileTest, EveryMalformedRingIsToldInOneSentenceWithoutAKey) {
  struct Case {
    absl::string_view text;
    absl::string_view why;
  };
  const Case cases[] = {
      {"$", "it is not JSON of the expected form"},
      {"not json", "it is not JSON of the expected form"},
      {"{", "it is not JSON of the expected form"},
      {"[]", "it is not JSON of the expected form"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"$"})",
       "it is not JSON of the expected form"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"$"}]} x)",
       "it is not JSON of the expected form"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"!$"}]})",
       "it is not JSON of the expected form"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":"$","key":"$"}]})",
       "it is not JSON of the expected form"},
      {R"({"version":1,"primary_key_id":-1,"keys":[{"id":1,"key":"$"}]})",
       "it is not JSON of the expected form"},
      {R"({"version":1,"primary_key_id":4294967296,"keys":[]})", "it is not JSON of the expected form"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"$"}],"extra":1})",
       "it has a field that this version does not know"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"$","$":1}]})",
       "it has a field that this version does not know"},
      {"{}", "its version is 0 and not 1"},
      {R"({"version":2,"primary_key_id":1,"keys":[{"id":1,"key":"$"}]})", "its version is 2 and not 1"},
      {R"({"primary_key_id":1,"keys":[{"id":1,"key":"$"}]})", "its version is 0 and not 1"},
      {R"({"version":1})", "there is no key"},
      {R"({"version":1,"primary_key_id":1})", "there is no key"},
      {R"({"version":1,"keys":[{"id":1,"key":"$"}]})", "there is no primary key"},
      {R"({"version":1,"primary_key_id":2,"keys":[{"id":1,"key":"$"}]})",
       "the primary key 2 is not among the keys"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"$"},{"id":1,"key":"$"}]})",
       "key 1 is there twice"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":0,"key":"$"}]})", "a key has the id 0"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"key":"$"}]})", "a key has the id 0"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1}]})", "key 1 is not 32 bytes long"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"wrapped_key":"vault:v1:S0tL"}]})",
       "key 1 is wrapped. Name the service that wrapped it in the URI of the key ring"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"$","wrapped_key":"vault:v1:AA"}]})",
       "key 1 is there in clear and wrapped"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"S0tLS0s="}]})",
       "key 1 is not 32 bytes long"},
      {R"({"version":1,"primary_key_id":1,"keys":[{"id":1,"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]})",
       "key 1 is all zeros"},
  };
  for (const Case& c : cases) {
    const std::string text = absl::StrReplaceAll(c.text, {{"$", kKey}});
    Write(text);
    const absl::Status status = LoadKeyRingFile(path_).status();
    EXPECT_EQ(status,
              absl::InvalidArgumentError(absl::StrCat("the key ring ", path_, " cannot be used: ", c.why)))
        << text;
    EXPECT_EQ(status.message().find("S0tL"), absl::string_view::npos) << status;
  }
}

}  // namespace
}  // namespace twofold
