#include "server/ops/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'767'323'045'678);

// What is written to stderr while it lives, through a pipe that may be smaller than what is written.
class CaptureStderr {
 public:
  explicit CaptureStderr(int flags = 0) : saved_(dup(STDERR_FILENO)) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    fcntl(ends[1], F_SETFL, flags);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    reading_ = std::thread([this, in = ends[0]] {
      char buffer[512];
      for (ssize_t got; (got = read(in, buffer, sizeof buffer)) > 0;)
        text_.append(buffer, static_cast<size_t>(got));
      close(in);
    });
  }

  std::string Stop() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    reading_.join();
    return text_;
  }

 private:
  const int saved_;
  std::string text_;
  std::thread reading_;
};

TEST(Log, FormatsOneLine) {
  EXPECT_EQ(FormatLogLine(LogLevel::kInfo, "listening on 127.0.0.1:50051", kTime),
            "2026-01-02T03:04:05.678Z I listening on 127.0.0.1:50051\n");
}

TEST(Log, NothingForgesALine) {
  EXPECT_EQ(FormatLogLine(LogLevel::kError, absl::string_view("a\nb\rc\x1b[2J\0d\x7f \xc3\xab", 15), kTime),
            "2026-01-02T03:04:05.678Z E a\\nb\\x0dc\\x1b[2J\\x00d\\x7f \xc3\xab\n");
}

TEST(Log, WritesLevelAndPartsToStderr) {
  CaptureStderr capture;
  LogInfo("listening on ", "unix:/tmp/s");
  LogWarning("count ", 3);
  LogError("no");
  const std::vector<std::string> lines = absl::StrSplit(capture.Stop(), '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, testing::ElementsAre(testing::EndsWith("Z I listening on unix:/tmp/s"),
                                          testing::EndsWith("Z W count 3"), testing::EndsWith("Z E no")));
}

class LogFlagsTest : public testing::TestWithParam<int> {};

// Lines longer than PIPE_BUF, up to which the kernel would keep them whole.
TEST_P(LogFlagsTest, LinesOfManyThreadsNeverMix) {
  CaptureStderr capture(GetParam());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      const std::string message(10000, static_cast<char>('a' + t));
      for (int i = 0; i < 50; ++i) LogInfo(message);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = absl::StrSplit(capture.Stop(), '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 200U);
  for (const std::string& line : lines) ASSERT_TRUE(line.substr(27) == std::string(10000, line.back()));
}

INSTANTIATE_TEST_SUITE_P(BlockingAndNot, LogFlagsTest, testing::Values(0, O_NONBLOCK));

}  // namespace
}  // namespace twofold
