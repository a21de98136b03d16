// What the server and the command do with stdin, stdout, stderr and the audit log when those are closed, full
// or somebody else's.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/steady.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(60);

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <typename Condition>
bool Eventually(Condition condition) {
  const SteadyTime limit = SteadyAfter(kLimit);
  while (!condition()) {
    if (SteadyNow() >= limit) return false;
    SteadySleep(absl::Milliseconds(20));
  }
  return true;
}

// A server of which nothing is read; it listens on a unix socket.
class Outputs : public ::testing::Test {
 protected:
  ~Outputs() override {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
  }

  // `prepare` runs in the new process.
  template <typename Prepare>
  void Start(Prepare prepare, const std::vector<std::string>& flags = {}) {
    std::vector<std::string> command = {BuiltBinary("server/twofold-server"),
                                        "--ops_listen=", "--listen=unix:" + socket_,
                                        "--data_dir=" + folder_.File("data")};
    command.insert(command.end(), flags.begin(), flags.end());
    std::vector<char*> argv;
    for (std::string& argument : command) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    prepare();
    execv(argv[0], argv.data());
    _exit(127);
  }

  ToolResult List() const {
    return RunTool(
        {BuiltBinary("clients/cli/twofold"), "methods", "ann", "--json", "--address", "unix:" + socket_});
  }

  // The exit code; -1: still running after a minute.
  int Terminate() {
    kill(pid_, SIGTERM);
    int status = 0;
    if (!Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  TempFolder folder_;
  const std::string socket_ = folder_.File("s");
  pid_t pid_ = -1;
};

// A pipe that is full and that nobody reads.
class FullPipe {
 public:
  FullPipe() {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    EXPECT_EQ(write(ends_[1], std::string(4096, '\n').data(), 4096), 4096);
  }
  ~FullPipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  int in() const { return ends_[1]; }

 private:
  int ends_[2] = {};
};

TEST_F(Outputs, T43_AServerWhoseStderrNobodyReadsAnswersAndEnds) {
  const FullPipe pipe;
  Start([&] { dup2(pipe.in(), STDERR_FILENO); });
  EXPECT_TRUE(Eventually([this] { return List().exit_code == 0; }));
  const SteadyTime begin = SteadyNow();
  EXPECT_EQ(Terminate(), 0);
  EXPECT_LT(TimeSince(begin), absl::Seconds(20));
}

TEST_F(Outputs, T43_NoAuditEventThatNobodyReadsNoAnswer) {
  const FullPipe pipe;
  for (const char* to : {"stderr", "/dev/stdout"}) {
    Start(
        [&] {
          dup2(pipe.in(), STDERR_FILENO);
          dup2(pipe.in(), STDOUT_FILENO);
        },
        {"--audit_required", absl::StrCat("--audit_log=", to)});
    EXPECT_TRUE(Eventually([this] { return absl::StrContains(List().out, "AUDIT_UNAVAILABLE"); })) << to;
    EXPECT_EQ(Terminate(), 0) << to;
  }
}

TEST_F(Outputs, NoLineGoesIntoAFileThatGotTheNumberOfAClosedOutput) {
  const std::string audit = folder_.File("audit.log");
  Start(
      [] {
        for (const int fd : {0, 1, 2}) close(fd);
      },
      {"--audit_log=" + audit});
  ASSERT_TRUE(Eventually([this] { return List().exit_code == 0; }));
  EXPECT_EQ(Terminate(), 0);
  const std::vector<std::string> lines = absl::StrSplit(ReadFile(audit), '\n', absl::SkipEmpty());
  EXPECT_FALSE(lines.empty());
  for (const std::string& line : lines) EXPECT_EQ(line[0], '{') << line;
  // And neither does the command's.
  const std::string ring = folder_.File("ring");
  const std::string command = "exec \"$0\" admin keyring new \"$1\" <&- >&- 2>&-";
  RunTool({"sh", "-c", command, BuiltBinary("clients/cli/twofold"), ring});
  EXPECT_TRUE(absl::StartsWith(ReadFile(ring), "{")) << ReadFile(ring);
  EXPECT_TRUE(absl::EndsWith(ReadFile(ring), "}\n")) << ReadFile(ring);
}

TEST_F(Outputs, AClosedInputIsNothingElse) {
  Start([] { close(STDIN_FILENO); });
  ASSERT_TRUE(Eventually([this] { return List().exit_code == 0; }));
  EXPECT_EQ(std::filesystem::read_symlink(absl::StrCat("/proc/", pid_, "/fd/0")), "/dev/null");
  EXPECT_EQ(Terminate(), 0);
}

TEST_F(Outputs, NoLineGoesIntoADatabaseOrAKeyRing) {
  const std::string data = folder_.File("data");
  { const ServerProcess maker(data); }
  for (const char* const file : {"/keyring.json", "/twofold.db", "/twofold.db-wal"}) {
    const std::string path = data + file;
    const std::string before = ReadFile(path);
    const std::string server = BuiltBinary("server/twofold-server");
    const std::string command = "exec timeout 20 \"$0\" --listen=unix:\"$1\" --ops_listen= --data_dir=\"$2\"";
    const auto run = [&](const std::string& redirection) {
      return RunTool({"sh", "-c", command + redirection, server, socket_, data, path});
    };
    const ToolResult err = run(" 2>>\"$3\"");
    EXPECT_EQ(err.exit_code, 1) << path;
    EXPECT_TRUE(absl::StrContains(err.out, "stderr is redirected into " + path)) << err.out;
    const ToolResult out = run(" >>\"$3\"");
    EXPECT_EQ(out.exit_code, 1) << path;
    EXPECT_TRUE(absl::StrContains(out.err, "stdout is redirected into " + path)) << out.err;
    EXPECT_EQ(run(" >>\"$3\" 2>&1").exit_code, 1) << path;
    EXPECT_EQ(ReadFile(path), before) << path;
  }
  EXPECT_EQ(ServerProcess(data).Terminate(), 0);
}

TEST_F(Outputs, WhatIsSaidBeforeAnErrorIsReadInOrder) {
  const ToolResult result = RunTool({BuiltBinary("server/twofold-server"), "--listen=unix:" + socket_,
                                     "--ops_listen=", "--data_dir=" + folder_.File("data"),
                                     "--keyring=file:" + folder_.File("missing/ring")});
  EXPECT_EQ(result.exit_code, 1);
  const std::vector<std::string> lines = absl::StrSplit(result.err, '\n', absl::SkipEmpty());
  ASSERT_GE(lines.size(), 2U) << result.err;
  EXPECT_TRUE(absl::StrContains(lines.front(), " I listen=")) << result.err;
  EXPECT_TRUE(absl::StartsWith(lines.back(), "twofold-server: ")) << result.err;
}

TEST_F(Outputs, TheAuditLogIsNoFileOfTheServer) {
  const std::string data = folder_.File("data");
  { const ServerProcess maker(data); }
  std::filesystem::create_symlink(data + "/keyring.json", folder_.File("link"));
  const std::string ring = ReadFile(data + "/keyring.json");
  for (const std::string& path :
       {data + "/keyring.json", data + "/twofold.db", data + "/twofold.db-wal", data + "/twofold.db-shm",
        folder_.File("link"), socket_, std::string("/proc/self/mem")}) {
    const ToolResult result =
        RunTool({"timeout", "20", BuiltBinary("server/twofold-server"), "--listen=unix:" + socket_,
                 "--ops_listen=", "--data_dir=" + data, "--audit_log=" + path});
    EXPECT_EQ(result.exit_code, 1) << path;
    EXPECT_TRUE(absl::StrContains(
        result.err, path == "/proc/self/mem" ? "the kernel keeps no log there" : " use the same file, "))
        << result.err;
  }
  EXPECT_EQ(ReadFile(data + "/keyring.json"), ring);
  EXPECT_EQ(ServerProcess(data).Terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("new")));
  // Nothing is made before the error.
  const std::string fresh = folder_.File("new");
  RunTool({"timeout", "20", BuiltBinary("server/twofold-server"), "--listen=unix:" + socket_,
           "--ops_listen=", "--data_dir=" + fresh, "--audit_log=" + fresh + "/keyring.json"});
  EXPECT_FALSE(std::filesystem::exists(fresh));
}

}  // namespace
}  // namespace twofold
