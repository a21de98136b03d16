#include "server/ops/reloader.h"

#include <atomic>
#include <filesystem>
#include <fstream>

#include "absl/synchronization/mutex.h"
#include "common/steady.h"
#include "gtest/gtest.h"
#include "tests/harness/await.h"
#include "tests/harness/capture_stderr.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

constexpr absl::Duration kOften = absl::Milliseconds(10);
constexpr absl::Duration kLong = absl::Seconds(20);

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class ReloaderTest : public ::testing::Test {
 protected:
  // Watches `path`, and remembers what it held at the last reload.
  void Watch(Reloader& reloader, const std::string& path) {
    reloader.Add({"thing", {path}, [this, path]() -> absl::StatusOr<std::string> {
                    ++reloads_;
                    const std::string text = Read(path);
                    if (text == "bad") return absl::InvalidArgumentError("it is bad");
                    absl::MutexLock lock(&mutex_);
                    held_ = text;
                    return "holds " + text;
                  }});
  }

  bool AwaitHeld(const std::string& text) {
    return Await(kLong, [this, &text] {
      absl::MutexLock lock(&mutex_);
      return held_ == text;
    });
  }

  const TempFolder folder_;
  std::atomic<int> reloads_{0};
  absl::Mutex mutex_;
  std::string held_;
};

TEST_F(ReloaderTest, TakesOverWhatIsWrittenInPlaceRenamedOrLinkedElsewhere) {
  Write(folder_ / "file", "one");
  const auto reloader = NewReloader(kOften);
  Watch(*reloader, folder_ / "file");
  Write(folder_ / "file", "two");
  EXPECT_TRUE(AwaitHeld("two"));
  Write(folder_ / "new", "abc");
  std::filesystem::rename(folder_ / "new", folder_ / "file");
  EXPECT_TRUE(AwaitHeld("abc"));
  // As Kubernetes does it: the link to a folder is replaced.
  for (const char* const name : {"v1", "v2"}) {
    std::filesystem::create_directory(folder_ / name);
    Write(folder_ / (std::string(name) + "/key"), name);
  }
  std::filesystem::create_directory_symlink("v1", folder_ / "data");
  Watch(*reloader, folder_ / "data/key");
  std::filesystem::create_directory_symlink("v2", folder_ / "next");
  std::filesystem::rename(folder_ / "next", folder_ / "data");
  EXPECT_TRUE(AwaitHeld("v2"));
}

TEST_F(ReloaderTest, CallsNothingWhileNothingChanges) {
  Write(folder_ / "file", "one");
  const auto reloader = NewReloader(kOften);
  Watch(*reloader, folder_ / "file");
  reloader->ReloadAll();
  EXPECT_TRUE(AwaitHeld("one"));
  SteadySleep(5 * kOften);
  EXPECT_EQ(reloads_, 1);
}

TEST_F(ReloaderTest, SaysWhyTheOldStateStaysAndGoesOn) {
  CaptureStderr stderr_text;
  Write(folder_ / "file", "one");
  const auto reloader = NewReloader(kOften);
  Watch(*reloader, folder_ / "file");
  EXPECT_TRUE(reloader->AllSucceeded());
  Write(folder_ / "file", "bad");
  EXPECT_TRUE(Await(kLong, [&] { return !reloader->AllSucceeded(); }));
  Write(folder_ / "file", "good");
  EXPECT_TRUE(AwaitHeld("good"));
  EXPECT_TRUE(Await(kLong, [&] { return reloader->AllSucceeded(); }));
  const std::string text = stderr_text.Stop();
  EXPECT_NE(text.find("E the thing stays as it was: it is bad"), std::string::npos) << text;
  EXPECT_NE(text.find("I reloaded the thing: holds good"), std::string::npos) << text;
}

TEST_F(ReloaderTest, TriesAgainWhatCannotBeReachedAndSaysItOnce) {
  CaptureStderr stderr_text;
  Write(folder_ / "file", "one");
  const auto reloader = NewReloader(kOften);
  reloader->Add({"thing", {folder_ / "file"}, [this]() -> absl::StatusOr<std::string> {
                   if (++reloads_ < 3) return absl::UnavailableError("it is down");
                   return "is there";
                 }});
  reloader->ReloadAll();
  EXPECT_TRUE(Await(kLong, [&] { return reloads_ == 3 && reloader->AllSucceeded(); }));
  const std::string text = stderr_text.Stop();
  const size_t said = text.find("E the thing stays as it was: it is down");
  EXPECT_NE(said, std::string::npos) << text;
  EXPECT_EQ(text.find("it is down", said + 40), std::string::npos) << text;
}

}  // namespace
}  // namespace twofold
