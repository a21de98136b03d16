#ifndef TWOFOLD_CLIENTS_CLI_CLI_H_
#define TWOFOLD_CLIENTS_CLI_CLI_H_

namespace twofold {

// Runs the command line `argv` on the process's standard streams and returns the exit code
// (error_output.h).
int RunCli(int argc, char** argv);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_CLI_H_
