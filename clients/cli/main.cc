#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "clients/cli/cli.h"
#include "common/standard_descriptors.h"

int main(int argc, char** argv) {
  if (!twofold::SecureStandardDescriptors()) return 1;
  // Secrets and codes pass through this process, so it writes no core file and admits no debugger.
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_DUMPABLE, 0);
  // A write to a closed pipe then fails with an error that the command can explain.
  signal(SIGPIPE, SIG_IGN);
  // gRPC's own log would appear between the lines.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  return twofold::RunCli(argc, argv);
}
