#ifndef TWOFOLD_SERVER_OPS_PROCESS_H_
#define TWOFOLD_SERVER_OPS_PROCESS_H_

#include <csignal>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace twofold {

// No core file, no ptrace by others of the same user, as many file descriptors as allowed, SIGPIPE and
// SIGXFSZ ignored. Call first in main, before any secret is read.
absl::Status HardenProcess();

enum class ProcessSignal { kTerminate, kReopen };

// Turns SIGTERM and SIGINT (kTerminate) and SIGHUP (kReopen) into values for one thread. Construct it before
// any other thread starts: threads inherit the block. The destructor restores what was before and drops what
// is pending.
class SignalWaiter {
 public:
  SignalWaiter();
  ~SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;

  // Blocks until one comes.
  ProcessSignal Wait();
  // None within `timeout`: nullopt.
  std::optional<ProcessSignal> WaitFor(absl::Duration timeout);

 private:
  sigset_t signals_;
  sigset_t previous_;
};

struct SignalActions {
  std::function<void()> reopen;
  // At the first kTerminate. Must not block.
  std::function<void()> stop;
  // At the second one, or when `longest_end` has passed since the first: the reason. Ends the process.
  std::function<void(const std::string& why)> end_at_once;
};

// Starts a thread that takes the signals of `waiter` and lives as long as the process, as do `waiter` and
// what the actions use.
void HandleSignals(SignalWaiter& waiter, absl::Duration longest_end, SignalActions actions);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_PROCESS_H_
