#include "server/ops/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/steady.h"

namespace twofold {
namespace {

ProcessSignal Meaning(int signal) {
  return signal == SIGHUP ? ProcessSignal::kReopen : ProcessSignal::kTerminate;
}

sigset_t TakenSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

bool IsFileAt(Output output, const std::string& path) {
  struct stat named = {};
  struct stat open = {};
  return stat(path.c_str(), &named) == 0 && S_ISREG(named.st_mode) &&
         fstat(output == Output::kStderr ? STDERR_FILENO : STDOUT_FILENO, &open) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

void TurnStderrAway(bool to_stdout) {
  if (to_stdout) {
    dup2(STDOUT_FILENO, STDERR_FILENO);
    return;
  }
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, STDERR_FILENO);
  close(null);
}

absl::Status HardenProcess() {
  const rlimit no_core = {0, 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0)
    return absl::ErrnoToStatus(errno, "core files cannot be turned off");
  // A core handler that reads from a pipe ignores the limit. It heeds this.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return absl::ErrnoToStatus(errno, "dumps cannot be turned off");
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0)
    return absl::ErrnoToStatus(errno, "the limit of open files is unknown");
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) != 0)
    return absl::ErrnoToStatus(errno, "the limit of open files stays low");
  // Without these signals, a peer that is gone and a file at its size limit make one write fail and
  // do not end the process.
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    if (std::signal(signal, SIG_IGN) == SIG_ERR)
      return absl::ErrnoToStatus(errno, "signals cannot be ignored");
  }
  return absl::OkStatus();
}

void BlockSignals() {
  const sigset_t signals = TakenSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

SignalWaiter::SignalWaiter() : signals_(TakenSignals()) { pthread_sigmask(SIG_BLOCK, &signals_, &previous_); }

SignalWaiter::~SignalWaiter() {
  while (WaitFor(absl::ZeroDuration()).has_value()) {
  }
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

ProcessSignal SignalWaiter::Wait() {
  int signal = 0;
  while (sigwait(&signals_, &signal) != 0) {
  }
  return Meaning(signal);
}

std::optional<ProcessSignal> SignalWaiter::WaitFor(absl::Duration timeout) {
  const SteadyTime deadline = SteadyAfter(timeout);
  for (;;) {
    const timespec left = absl::ToTimespec(std::max(TimeUntil(deadline), absl::ZeroDuration()));
    const int signal = sigtimedwait(&signals_, nullptr, &left);
    if (signal > 0) return Meaning(signal);
    if (errno != EINTR) return std::nullopt;
  }
}

void HandleSignals(SignalWaiter& waiter, absl::Duration longest_end, SignalActions actions) {
  std::thread([&waiter, longest_end, actions = std::move(actions)] {
    while (waiter.Wait() == ProcessSignal::kReopen) actions.reopen();
    actions.stop();
    const SteadyTime until = SteadyAfter(longest_end);
    for (;;) {
      const std::optional<ProcessSignal> next = waiter.WaitFor(TimeUntil(until));
      // A server that is ending does not open its audit log again.
      if (next == ProcessSignal::kReopen) continue;
      actions.end_at_once(next.has_value()
                              ? "it was told to stop a second time"
                              : absl::StrCat("it did not end within ", absl::FormatDuration(longest_end)));
      return;
    }
  }).detach();
}

}  // namespace twofold
