#include <unistd.h>

#include <iostream>

#include "common/clock.h"
#include "crypto/system_random.h"
#include "server/environment.h"
#include "server/ops/log.h"
#include "server/ops/process.h"
#include "server/options.h"
#include "server/service.h"

namespace twofold {
namespace {

int Fail(const absl::Status& status) {
  std::cerr << "twofold-server: " << status.message() << "\n";
  return 1;
}

int Main(int argc, char** argv) {
  const absl::StatusOr<Options> options = ParseOptions(argc, argv);
  if (!options.ok()) return Fail(options.status());
  if (!options->exit_text.empty()) {
    std::cout << options->exit_text;
    return 0;
  }
  const absl::Status hardened = HardenProcess();
  if (!hardened.ok()) return Fail(hardened);
  SignalWaiter signals;
  LogInfo(Describe(*options));
  for (const std::string& warning : EnvironmentWarnings(environ)) LogWarning(warning);
  absl::StatusOr<std::unique_ptr<Service>> service = StartService(*options, SystemClock(), SystemRandom());
  if (!service.ok()) return Fail(service.status());
  LogWarning("callers are not authenticated: everybody who reaches the port has every role");
  if (!(*service)->ops_address().empty()) LogInfo("metrics and probes on http://", (*service)->ops_address());
  LogInfo("listening on ", (*service)->address());

  while (signals.Wait() == ProcessSignal::kReopen) {
    const absl::Status reopened = (*service)->ReopenAuditLog();
    if (!reopened.ok()) LogError(reopened.message());
  }
  LogInfo("stopping");
  (*service)->Shutdown();
  LogInfo("stopped");
  return 0;
}

}  // namespace
}  // namespace twofold

int main(int argc, char** argv) { return twofold::Main(argc, argv); }
