#include "tests/harness/command_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

constexpr int kPatienceMs = 30000;

void Require(bool condition, const char* what) {
  if (condition) return;
  perror(what);
  abort();
}

std::string CommandPath() {
  return absl::StrCat(getenv("TEST_SRCDIR"), "/", getenv("TEST_WORKSPACE"), "/clients/cli/twofold");
}

// Returns the two ends of a pipe, for reading and for writing. Other commands inherit neither.
std::pair<int, int> Pipe() {
  int ends[2];
  Require(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
  return {ends[0], ends[1]};
}

// Returns the two ends of a terminal in the same way.
std::pair<int, int> Terminal() {
  int master = -1;
  int slave = -1;
  Require(openpty(&master, &slave, nullptr, nullptr, nullptr) == 0, "openpty");
  fcntl(master, F_SETFD, FD_CLOEXEC);
  fcntl(slave, F_SETFD, FD_CLOEXEC);
  return {slave, master};
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& s : strings) pointers.push_back(s.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(std::vector<std::string> arguments, std::vector<std::string> environment, const int (&fds)[3]) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) posix_spawn_file_actions_adddup2(&actions, fds[i], i);
  // The command must not inherit the signals that this process ignores.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const std::string path = arguments[0];
  const int error = posix_spawn(&pid, path.c_str(), &actions, &attributes, Pointers(arguments).data(),
                                Pointers(environment).data());
  Require(error == 0, "posix_spawn");
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

void CloseAndForget(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

}  // namespace

CommandProcess::CommandProcess(const std::vector<std::string>& arguments, Input input,
                               const std::vector<std::string>& environment) {
  auto [in_read, in_write] = input == Input::kPipe ? Pipe() : Terminal();
  auto [out_read, out_write] = Pipe();
  auto [err_read, err_write] = Pipe();
  in_ = in_write;
  out_ = out_read;
  err_ = err_read;
  Start(arguments, environment, {in_read, out_write, err_write});
  for (int fd : {in_read, out_write, err_write}) close(fd);
}

CommandProcess::CommandProcess(const std::vector<std::string>& arguments, TerminalSize size,
                               const std::vector<std::string>& environment) {
  auto [slave, master] = Terminal();
  winsize window = {};
  window.ws_col = static_cast<decltype(window.ws_col)>(size.columns);
  window.ws_row = static_cast<decltype(window.ws_row)>(size.rows);
  Require(ioctl(slave, TIOCSWINSZ, &window) == 0, "TIOCSWINSZ");
  termios raw = {};
  cfmakeraw(&raw);
  Require(tcsetattr(slave, TCSANOW, &raw) == 0, "tcsetattr");
  auto [err_read, err_write] = Pipe();
  in_ = master;
  out_ = fcntl(master, F_DUPFD_CLOEXEC, 0);
  err_ = err_read;
  Start(arguments, environment, {slave, slave, err_write});
  for (int fd : {slave, err_write}) close(fd);
}

void CommandProcess::Start(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment, const int (&fds)[3]) {
  std::vector<std::string> full_arguments = {CommandPath()};
  full_arguments.insert(full_arguments.end(), arguments.begin(), arguments.end());
  std::vector<std::string> full_environment = {"TZ=UTC"};
  full_environment.insert(full_environment.end(), environment.begin(), environment.end());
  pid_ = Spawn(full_arguments, full_environment, fds);
}

CommandProcess::~CommandProcess() {
  for (int* fd : {&in_, &out_, &err_}) CloseAndForget(*fd);
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void CommandProcess::Write(absl::string_view text) {
  signal(SIGPIPE, SIG_IGN);
  // The command may be gone already.
  (void)!write(in_, text.data(), text.size());
}

bool CommandProcess::ReadSome() {
  pollfd fds[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
  if (out_ < 0 && err_ < 0) return false;
  const int ready = poll(fds, 2, kPatienceMs);
  if (ready <= 0)
    fprintf(stderr, "no more output; so far: %s%s\n", outcome_.out.c_str(), outcome_.err.c_str());
  Require(ready > 0, "poll");
  char buffer[4096];
  for (int i = 0; i < 2; ++i) {
    if (fds[i].revents == 0) continue;
    const ssize_t got = read(fds[i].fd, buffer, sizeof buffer);
    if (got <= 0) CloseAndForget(i == 0 ? out_ : err_);
    if (got > 0) (i == 0 ? outcome_.out : outcome_.err).append(buffer, static_cast<size_t>(got));
  }
  return true;
}

void CommandProcess::AwaitOut(absl::string_view text) {
  while (!absl::StrContains(outcome_.out, text) && ReadSome()) {
  }
}

void CommandProcess::AwaitErr(absl::string_view text) {
  while (!absl::StrContains(outcome_.err, text) && ReadSome()) {
  }
}

void CommandProcess::CloseOut() { CloseAndForget(out_); }

void CommandProcess::Signal(int number) { kill(pid_, number); }

Outcome CommandProcess::Finish() {
  CloseAndForget(in_);
  while (ReadSome()) {
  }
  int status = 0;
  Require(waitpid(std::exchange(pid_, -1), &status, 0) > 0, "waitpid");
  outcome_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome_;
}

Outcome RunCommand(const std::vector<std::string>& arguments, absl::string_view input,
                   const std::vector<std::string>& environment) {
  CommandProcess command(arguments, CommandProcess::Input::kPipe, environment);
  command.Write(input);
  return command.Finish();
}

}  // namespace twofold
