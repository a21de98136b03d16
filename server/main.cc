#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>

#include "common/clock.h"
#include "crypto/system_random.h"
#include "server/environment.h"
#include "server/named_files.h"
#include "server/ops/log.h"
#include "server/ops/process.h"
#include "server/ops/service_manager.h"
#include "server/options.h"
#include "server/service.h"

namespace twofold {
namespace {

// The time beyond --drain_timeout for closing the storage, the audit log and the log.
constexpr absl::Duration kClosing = absl::Seconds(1);

// A wait for something that may never come.
constexpr absl::Duration kLongWait = absl::Hours(24);

// The time, in microseconds, for logging that the process ends.
constexpr useconds_t kLastWord = 100'000;

// Ends the process without destructors. The thread that takes signals lives as long as the process,
// and so may a thread that hangs in a start that was given up.
[[noreturn]] void End(int exit_code) {
  StderrWriter().Close();
  _exit(exit_code);
}

int Fail(const absl::Status& status) {
  WritePlainLine(absl::StrCat("twofold-server: ", status.message()));
  return 1;
}

void HandleSignals(SignalWaiter& signals, const Options& options, Service& service) {
  SignalActions actions;
  actions.reopen = [&service] {
    const absl::Status reopened = service.Reload();
    if (!reopened.ok()) LogError(reopened.message());
  };
  actions.stop = [&service] { service.Stop(); };
  actions.end_at_once = [](const std::string& why) {
    // The log may have no reader.
    std::signal(SIGALRM, [](int) { _exit(1); });
    ualarm(kLastWord, 0);
    LogError("ending at once: ", why);
    End(1);
  };
  HandleSignals(signals, options.drain_timeout + kClosing, std::move(actions));
}

// Until the server is told to stop. A service manager with a watchdog restarts the process if a request
// thread hangs. A storage that hangs is no reason, because a restart would not repair it.
void Watch(Service& service) {
  NotifyReady();
  const absl::Duration period = AlivePeriod();
  while (!service.AwaitStop(std::min(period, kLongWait))) {
    if (period < kLongWait && service.Answers(period / 2)) NotifyAlive();
  }
}

int Main(int argc, char** argv) {
  SignalWaiter signals;
  const absl::StatusOr<Options> options = ParseOptions(argc, argv);
  if (!options.ok()) return Fail(options.status());
  if (!options->exit_text.empty()) {
    std::cout << options->exit_text;
    return 0;
  }
  // Before the first line of the log.
  const absl::Status out = CheckOutputApart(*options, Output::kStdout);
  const absl::Status err = CheckOutputApart(*options, Output::kStderr);
  if (!err.ok()) TurnStderrAway(out.ok());
  if (!err.ok() || !out.ok()) return Fail(err.ok() ? out : err);
  const absl::Status hardened = HardenProcess();
  if (!hardened.ok()) return Fail(hardened);
  KeepLogThroughAborts();
  LogInfo(Describe(*options));
  for (const std::string& warning : EnvironmentWarnings(environ)) LogWarning(warning);

  const std::unique_ptr<Service> service = NewService(*options, SystemClock(), SystemRandom());
  HandleSignals(signals, *options, *service);
  const absl::Status started = service->Start();
  const bool failed = !started.ok() && !absl::IsCancelled(started);
  if (started.ok()) Watch(*service);
  if (!failed) LogInfo("stopping");
  NotifyStopping();
  service->Shutdown();
  if (failed) End(Fail(started));
  LogInfo("stopped");
  End(0);
}

}  // namespace
}  // namespace twofold

int main(int argc, char** argv) { return twofold::Main(argc, argv); }
