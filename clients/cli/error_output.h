#ifndef TWOFOLD_CLIENTS_CLI_ERROR_OUTPUT_H_
#define TWOFOLD_CLIENTS_CLI_ERROR_OUTPUT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "clients/cpp/call_error.h"

namespace twofold {

// The exit codes of the command. An interrupted command exits with 130.
enum ExitCode {
  kDone = 0,
  kRefused = 1,      // the server or the storage refused, or the output could not be written
  kUsage = 2,        // the command line is wrong; nothing was sent
  kUnreachable = 3,  // there was no answer, so the outcome is unknown
};

ExitCode ExitCodeOf(const CallError& error);

// Returns one sentence for people, without the program's name. `address` is the server's.
std::string ErrorLine(const CallError& error, absl::string_view address);

// Returns {"code", "message", "reason", "fieldViolations": [{"field", "description"}],
// "retryAfterSeconds", "id"}, without empty members.
std::string ErrorJson(const CallError& error);

// Returns the same for an error that the command itself found, with the code "USAGE".
std::string UsageJson(absl::string_view message);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_ERROR_OUTPUT_H_
