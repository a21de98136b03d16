#include "tests/harness/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
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

ServerProcess::ServerProcess(std::string data_dir, std::vector<std::string> more_flags, Until until)
    : data_dir_(std::move(data_dir)),
      more_flags_(std::move(more_flags)),
      until_(until),
      log_path_(data_dir_ + ".log") {
  Start();
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) Kill();
}

void ServerProcess::Start() {
  std::vector<std::string> arguments = {BuiltBinary("server/twofold-server")};
  for (const std::string& usual : {std::string("--listen=127.0.0.1:0"),
                                   std::string("--ops_listen=127.0.0.1:0"), "--data_dir=" + data_dir_}) {
    const std::string name = usual.substr(0, usual.find('=') + 1);
    const bool given = std::any_of(more_flags_.begin(), more_flags_.end(),
                                   [&name](const std::string& flag) { return absl::StartsWith(flag, name); });
    if (!given) arguments.push_back(usual);
  }
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
  if (until_ == Until::kListening) AwaitListening();
}

void ServerProcess::AwaitListening() {
  address_ = AwaitLine(" listening on ");
  const bool has_ops =
      std::find(more_flags_.begin(), more_flags_.end(), "--ops_listen=") == more_flags_.end();
  if (has_ops) ops_address_ = AwaitLine("metrics and probes on http://");
}

std::string ServerProcess::Log() const {
  std::ifstream in(log_path_);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::string ServerProcess::AwaitLine(const std::string& text) {
  const absl::Time deadline = absl::Now() + kStartLimit;
  while (absl::Now() < deadline) {
    const std::string log = Log();
    const size_t at = log.find(text);
    const size_t end = at == std::string::npos ? at : log.find('\n', at);
    if (end != std::string::npos) return log.substr(at + text.size(), end - at - text.size());
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    absl::SleepFor(absl::Milliseconds(2));
  }
  std::cerr << "the server did not log \"" << text << "\":\n" << Log();
  std::abort();
}

void ServerProcess::Kill() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ServerProcess::Signal(int number) const { kill(pid_, number); }

int ServerProcess::AwaitExit(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) != pid_) {
    if (absl::Now() > deadline) Signal(SIGKILL);
    absl::SleepFor(absl::Milliseconds(1));
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int ServerProcess::Terminate() {
  Signal(SIGTERM);
  return AwaitExit();
}

std::string ServerProcess::Page(const std::string& path) const {
  const size_t colon = ops_address_.rfind(':');
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(ops_address_.substr(colon + 1))));
  inet_pton(AF_INET, ops_address_.substr(0, colon).c_str(), &address.sin_addr);
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\n\r\n");
    if (write(connection, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
      char buffer[4096];
      for (ssize_t size = 0; (size = read(connection, buffer, sizeof buffer)) > 0;) {
        answer.append(buffer, static_cast<size_t>(size));
      }
    }
  }
  close(connection);
  // "HTTP/1.1 200 OK", headers, an empty line, the page.
  const size_t code = answer.find(' ');
  const size_t page = answer.find("\r\n\r\n");
  if (code == std::string::npos || page == std::string::npos) return answer;
  return answer.substr(code + 1, 4) + answer.substr(page + 4);
}

}  // namespace twofold
