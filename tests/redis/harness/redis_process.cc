#include "tests/redis/harness/redis_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/child_process.h"
#include "tests/redis/harness/redis_command.h"

namespace twofold {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(30);

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// Whether another process traces every thread of this one.
bool Traced(pid_t pid) {
  std::error_code error;
  const std::filesystem::directory_iterator threads(absl::StrCat("/proc/", pid, "/task"), error);
  for (const auto& thread : threads) {
    if (absl::StrContains(ReadFile(thread.path() / "status"), "TracerPid:\t0\n")) return false;
  }
  return !error;
}

int ExitCode(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

RedisProcess::RedisProcess(const RedisOptions& options)
    : password_(options.password), sentinel_(options.sentinel) {
  WriteConfiguration(options);
  Start();
}

RedisProcess::~RedisProcess() {
  if (running()) Kill();
}

std::string RedisProcess::address() const { return absl::StrCat(host(), ":", port()); }

void RedisProcess::WriteConfiguration(const RedisOptions& options) const {
  std::ofstream out(File("redis.conf"));
  out << "bind 127.0.0.1\nport " << port() << "\ndir " << folder_.path() << "\ndaemonize no\n";
  if (!options.sentinel) {
    // Without the delay a replica's first synchronization takes five seconds.
    out << "save \"\"\nrepl-diskless-sync-delay 0\n";
  }
  if (!password_.empty()) {
    out << "requirepass " << password_ << "\n";
    if (!options.sentinel) out << "masterauth " << password_ << "\n";
  }
  if (options.unix_socket) out << "unixsocket " << unix_socket() << "\n";
  if (options.tls != nullptr) {
    out << "tls-port " << tls_port() << "\ntls-ca-cert-file " << options.tls->ca() << "\ntls-cert-file "
        << options.tls->server_certificate() << "\ntls-key-file " << options.tls->server_key() << "\n";
  }
  if (options.cluster) {
    out << "cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-port " << bus_port() << "\n";
  }
  for (const std::string& line : options.lines) out << line << "\n";
}

std::string RedisProcess::Log() const { return ReadFile(File("redis.log")); }

void RedisProcess::Start() {
  StartLoading();
  AwaitOrAbort(
      "redis-server has loaded its data", kStartLimit,
      [&] { return !absl::StartsWith(Command({"PING"}), "(error) LOADING"); }, [&] { return Log(); });
}

void RedisProcess::StartLoading() {
  if (running()) return;
  const size_t log_before = Log().size();
  std::vector<std::string> arguments = {"redis-server", File("redis.conf")};
  if (sentinel_) arguments.emplace_back("--sentinel");
  pid_ = StartChild(arguments, File("redis.log"));
  AwaitAnswer(log_before);
}

void RedisProcess::AwaitAnswer(size_t log_before) {
  // The line comes after the ports are bound: from then on it is this process that answers there.
  const auto answers = [&] {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      std::cerr << "redis-server did not start:\n" << Log();
      std::abort();
    }
    return Log().find("Running mode=", log_before) != std::string::npos &&
           !absl::StartsWith(Command({"PING"}), "(broken)");
  };
  AwaitOrAbort("redis-server answers", kStartLimit, answers, [&] { return Log(); });
}

void RedisProcess::Kill() {
  if (!running()) return;
  // Redis before its tracer, whose end would let a delayed fsync go on.
  kill(pid_, SIGKILL);
  EndTracer();
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int RedisProcess::Stop() {
  if (!running()) return 0;
  int status = 0;
  EndTracer();
  kill(pid_, SIGTERM);
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return ExitCode(status);
}

void RedisProcess::Pause() {
  kill(pid_, SIGSTOP);
  // Its threads may run on for a moment. One that strace holds stops only later, but does nothing
  // until then.
  siginfo_t ignored;
  if (tracer_ <= 0) waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED | WSTOPPED | WNOWAIT);
}

void RedisProcess::Resume() { kill(pid_, SIGCONT); }

void RedisProcess::SlowDisk(absl::Duration delay) {
  EndTracer();
  if (delay <= absl::ZeroDuration()) return;
  tracer_ = StartChild({"strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e",
                        absl::StrCat("inject=fsync,fdatasync:delay_enter=", absl::ToInt64Microseconds(delay)),
                        "-p", absl::StrCat(pid_)},
                       File("strace.log"));
  AwaitOrAbort(
      "strace has attached", kStartLimit, [&] { return Traced(pid_); },
      [&] { return ReadFile(File("strace.log")); });
}

void RedisProcess::EndTracer() {
  if (tracer_ <= 0) return;
  kill(tracer_, SIGKILL);
  waitpid(tracer_, nullptr, 0);
  tracer_ = -1;
}

std::string RedisProcess::Command(const std::vector<std::string>& arguments, absl::Duration timeout) const {
  return RedisCommand(port(), arguments, password_, timeout);
}

}  // namespace twofold
