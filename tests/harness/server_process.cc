#include "tests/harness/server_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace twofold {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(30);

}  // namespace

std::string BuiltBinary(const std::string& path) {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  if (runfiles == nullptr || workspace == nullptr) return "bazel-bin/" + path;
  return absl::StrCat(runfiles, "/", workspace, "/", path);
}

ServerProcess::ServerProcess(std::string data_dir, std::vector<std::string> more_flags)
    : data_dir_(std::move(data_dir)), more_flags_(std::move(more_flags)), log_path_(data_dir_ + ".log") {
  Start();
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) Kill();
}

void ServerProcess::Start() {
  std::vector<std::string> arguments = {BuiltBinary("server/twofold-server"), "--listen=127.0.0.1:0",
                                        "--ops_listen=127.0.0.1:0", "--data_dir=" + data_dir_};
  arguments.insert(arguments.end(), more_flags_.begin(), more_flags_.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  constexpr mode_t kOwnerOnly = 0600;
  const int log = open(log_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, kOwnerOnly);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(log, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(log);
  address_ = AwaitLine(" listening on ");
  ops_address_ = AwaitLine("metrics and probes on http://");
}

std::string ServerProcess::Log() const {
  std::ifstream in(log_path_);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::string ServerProcess::AwaitLine(const std::string& before_value) {
  const absl::Time deadline = absl::Now() + kStartLimit;
  while (absl::Now() < deadline) {
    const std::string log = Log();
    const size_t at = log.find(before_value);
    const size_t end = at == std::string::npos ? at : log.find('\n', at);
    if (end != std::string::npos) return log.substr(at + before_value.size(), end - at - before_value.size());
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    absl::SleepFor(absl::Milliseconds(2));
  }
  std::cerr << "the server did not start:\n" << Log();
  std::abort();
}

void ServerProcess::Kill() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int ServerProcess::Terminate() {
  int status = 0;
  kill(pid_, SIGTERM);
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace twofold
