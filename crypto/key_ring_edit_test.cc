#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  UnixMillis Now() const override { return 1764000000000; }
};

class KeyRingEditTest : public testing::Test {
 protected:
  KeyRingEditTest() {
    std::string pattern = testing::TempDir() + "/ringXXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/keyring.json";
    EXPECT_EQ(CreateKeyRingFile(path_, SystemRandom(), FixedClock()), absl::OkStatus());
  }
  ~KeyRingEditTest() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<uint32_t> Add() { return AddKeyToFile(path_, SystemRandom(), FixedClock()); }
  std::unique_ptr<KeyRing> Load() { return *LoadKeyRingFile(path_); }
  std::string Read() {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  std::string folder_;
  std::string path_;
};

TEST_F(KeyRingEditTest, ANewKeySealsNothingUntilItIsPromoted) {
  const auto before = Load();
  EXPECT_EQ(*Add(), 2U);
  const auto rotated = Load();
  EXPECT_EQ(rotated->primary_key_id(), 1U);
  EXPECT_EQ(rotated->key_ids(), (std::vector<uint32_t>{1, 2}));
  EXPECT_TRUE(rotated->HasSameKey(1, *before));
  ASSERT_EQ(PromoteKeyInFile(path_, 2), absl::OkStatus());
  EXPECT_EQ(Load()->primary_key_id(), 2U);
  ASSERT_EQ(RemoveKeyFromFile(path_, 1), absl::OkStatus());
  EXPECT_EQ(Load()->key_ids(), std::vector<uint32_t>{2});
}

TEST_F(KeyRingEditTest, NoIdIsGivenTwice) {
  EXPECT_EQ(*Add(), 2U);
  ASSERT_EQ(RemoveKeyFromFile(path_, 2), absl::OkStatus());
  EXPECT_EQ(*Add(), 3U);
}

TEST_F(KeyRingEditTest, ListsEverythingButTheKeys) {
  ASSERT_TRUE(Add().ok());
  const auto keys = ListKeyRingFile(path_);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->at(0).id, 1U);
  EXPECT_TRUE(keys->at(0).is_primary);
  EXPECT_FALSE(keys->at(0).is_wrapped);
  EXPECT_EQ(keys->at(0).create_time, "2025-11-24T16:00:00Z");
  EXPECT_FALSE(keys->at(1).is_primary);
}

TEST_F(KeyRingEditTest, RefusesWhatWouldLoseThePrimaryKey) {
  const std::string before = Read();
  EXPECT_EQ(RemoveKeyFromFile(path_, 1).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RemoveKeyFromFile(path_, 7).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(PromoteKeyInFile(path_, 7).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Read(), before);
}

TEST_F(KeyRingEditTest, KeepsModeAndOwnerAndLeavesNoOtherFile) {
  ASSERT_EQ(chmod(path_.c_str(), 0440), 0);
  struct stat before {};
  ASSERT_EQ(stat(path_.c_str(), &before), 0);
  ASSERT_TRUE(Add().ok());
  struct stat after {};
  ASSERT_EQ(stat(path_.c_str(), &after), 0);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_EQ(after.st_gid, before.st_gid);
  EXPECT_NE(after.st_ino, before.st_ino) << "the file is replaced as a whole";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(KeyRingEditTest, CallsAtTheSameTimeLoseNoKey) {
  constexpr size_t kCalls = 8;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kCalls; ++i) {
    threads.emplace_back([this] { EXPECT_TRUE(Add().ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Load()->key_ids().size(), kCalls + 1);
}

TEST_F(KeyRingEditTest, RefusesLinksAndFilesThatStrangersMayChange) {
  const std::string link = folder_ + "/link.json";
  std::filesystem::create_symlink(path_, link);
  EXPECT_THAT(AddKeyToFile(link, SystemRandom(), FixedClock()).status().message(),
              HasSubstr("is a symbolic link. Name the file"));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(AddKeyToFile(folder_, SystemRandom(), FixedClock()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AddKeyToFile(folder_ + "/missing", SystemRandom(), FixedClock()).status().code(),
            absl::StatusCode::kNotFound);
  const std::string before = Read();
  ASSERT_EQ(chmod(path_.c_str(), 0666), 0);
  EXPECT_EQ(Add().status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(Read(), before);
}

}  // namespace
}  // namespace twofold
