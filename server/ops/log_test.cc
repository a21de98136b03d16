#include "server/ops/log.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/capture_stderr.h"

namespace twofold {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'767'323'045'678);

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

// The lines are longer than PIPE_BUF, up to which the kernel would keep them whole.
TEST_P(LogFlagsTest, LinesOfManyThreadsNeverMix) {
  CaptureStderr capture(GetParam());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      const std::string message(10000, static_cast<char>('a' + t));
      for (int i = 0; i < 20; ++i) LogInfo(message);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = absl::StrSplit(capture.Stop(), '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 80U);
  for (const std::string& line : lines) ASSERT_TRUE(line.substr(27) == std::string(10000, line.back()));
}

INSTANTIATE_TEST_SUITE_P(BlockingAndNot, LogFlagsTest, testing::Values(0, O_NONBLOCK));

// A pipe that nobody reads, and that is full.
class StuckPipe {
 public:
  StuckPipe() {
    EXPECT_EQ(pipe(ends_), 0);
    fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    EXPECT_EQ(write(ends_[1], std::string(4096, '\n').data(), 4096), 4096);
  }
  int in() const { return ends_[1]; }

  // Returns everything until the text holds `last`.
  std::string ReadUntil(absl::string_view last) const {
    std::string text;
    char buffer[4096];
    while (!absl::StrContains(text, last)) {
      const ssize_t got = read(ends_[0], buffer, sizeof buffer);
      if (got <= 0) break;
      text.append(buffer, static_cast<size_t>(got));
    }
    return text;
  }

 private:
  // The ends stay open, because the writer's thread may outlive the test.
  int ends_[2];
};

std::string Missing(int64_t count) { return absl::StrCat(count, " missing\n"); }

TEST(LineWriter, T43_NobodyWaitsForAReaderThatDoesNotRead) {
  const StuckPipe pipe;
  LineWriter writer(pipe.in(), Missing);
  const std::string line(9999, 'x');
  while (writer.dropped() == 0) writer.Add(line + "\n");
  const auto delivery = writer.Send("sent\n");
  EXPECT_FALSE(writer.Await(*delivery, absl::Milliseconds(10)));
  EXPECT_FALSE(writer.Flush(absl::Milliseconds(10)));
}

TEST(LineWriter, T43_WhatIsMissingIsCountedAndSaidInItsPlace) {
  const StuckPipe pipe;
  LineWriter writer(pipe.in(), Missing);
  int64_t added = 0;
  for (; writer.dropped() < 3; ++added) writer.Add(std::string(9999, 'x') + "\n");
  const auto delivery = writer.Send("sent\n");
  const std::string text = pipe.ReadUntil("missing");
  EXPECT_TRUE(writer.Await(*delivery, absl::Seconds(20)));
  EXPECT_EQ(delivery->written, 5U);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  ASSERT_EQ(static_cast<int64_t>(lines.size()), added - 3 + 2);
  EXPECT_EQ(lines[lines.size() - 2], "sent");
  EXPECT_EQ(lines.back(), "3 missing");
  EXPECT_EQ(writer.dropped(), 3);
  writer.Add("next\n");
  EXPECT_EQ(pipe.ReadUntil("next"), "next\n");
}

TEST(LineWriter, AnOutputThatIsBrokenIsTriedOnceForEachLine) {
  const int broken = open("/dev/null", O_RDONLY);
  LineWriter writer(broken, Missing);
  for (int i = 1; i <= 3; ++i) {
    writer.Add("line\n");
    EXPECT_TRUE(writer.Flush());
    EXPECT_EQ(writer.dropped(), i);
  }
}

TEST(LineWriter, ALineThatAnErrorCutStaysAlone) {
  const std::string path = testing::TempDir() + "/cut";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  LineWriter writer(file, Missing);
  const rlimit full = {10, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  const auto cut = writer.Send("first\nsecond\n");
  EXPECT_TRUE(writer.Await(*cut, absl::Seconds(20)));
  EXPECT_FALSE(cut->status.ok());
  EXPECT_EQ(cut->written, 6U);
  setrlimit(RLIMIT_FSIZE, &before);
  const auto again = writer.Send(cut->lines.substr(cut->written));
  EXPECT_TRUE(writer.Await(*again, absl::Seconds(20)));
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text, "first\nseco\nsecond\n");
}

// Returns what a child process that ends by `end` leaves on stderr.
template <typename End>
std::string LastWords(End end) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    end();
    _exit(99);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return text;
}

TEST(LogDeathTest, WhatIsLoggedBeforeTheEndIsWritten) {
  // A child has none of its parent's threads. The end of this one begins before it logs.
  const std::pair<const char*, std::function<void()>> kEnds[] = {
      {"exit", [] { std::exit(1); }},
      {"abort", [] { std::abort(); }},
      {"exception", [] { std::thread([] { throw std::runtime_error("at odds"); }).join(); }},
  };
  for (const auto& [name, end] : kEnds) {
    const std::string text = LastWords([&end = end] {
      KeepLogThroughAborts();
      for (int i = 0; i < 1000; ++i) LogInfo("line ", i);
      end();
    });
    EXPECT_THAT(text, testing::HasSubstr("line 999\n")) << name;
    const bool threw = absl::StrContains(text, "nothing handles an exception: at odds\n");
    EXPECT_EQ(threw, name == std::string("exception")) << text;
  }
}

}  // namespace
}  // namespace twofold
