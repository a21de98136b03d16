#ifndef TWOFOLD_SERVER_OPS_PROCESS_H_
#define TWOFOLD_SERVER_OPS_PROCESS_H_

#include <csignal>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace twofold {

// Hardens the process. It writes no core file, others of the same user cannot ptrace it, it may
// open as many files as the hard limit allows, and it ignores SIGPIPE and SIGXFSZ. Call it first in
// main, before any secret is read.
absl::Status HardenProcess();

enum class Output { kStdout, kStderr };
// Whether `output` is redirected into the file at `path`.
bool IsFileAt(Output output, const std::string& path);
// From now on what is meant for stderr goes to stdout, or nowhere.
void TurnStderrAway(bool to_stdout);

// Blocks the signals that SignalWaiter takes, until it is there. Calls nothing that needs an initialised
// library.
void BlockSignals();

enum class ProcessSignal { kTerminate, kReopen };

// Turns SIGTERM and SIGINT (kTerminate) and SIGHUP (kReopen) into values for one thread. Construct
// it before any other thread starts, because threads inherit the blocked signals. The destructor
// restores the previous mask and drops pending signals.
class SignalWaiter {
 public:
  SignalWaiter();
  ~SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;

  // Blocks until a signal comes.
  ProcessSignal Wait();
  // Returns nullopt if no signal comes within `timeout`.
  std::optional<ProcessSignal> WaitFor(absl::Duration timeout);

 private:
  sigset_t signals_;
  sigset_t previous_;
};

struct SignalActions {
  std::function<void()> reopen;
  // Called at the first kTerminate. It must not block.
  std::function<void()> stop;
  // Called with the reason at the second kTerminate, or when `longest_end` has passed since the
  // first. It must end the process.
  std::function<void(const std::string& why)> end_at_once;
};

// Starts a thread that takes the signals of `waiter`. The thread lives as long as the process, so
// `waiter` and everything that the actions use must live as long too.
void HandleSignals(SignalWaiter& waiter, absl::Duration longest_end, SignalActions actions);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_PROCESS_H_
