#ifndef TWOFOLD_SERVER_OPS_PROCESS_H_
#define TWOFOLD_SERVER_OPS_PROCESS_H_

#include <csignal>
#include <optional>

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

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_PROCESS_H_
