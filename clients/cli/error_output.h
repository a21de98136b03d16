#ifndef TWOFOLD_CLIENTS_CLI_ERROR_OUTPUT_H_
#define TWOFOLD_CLIENTS_CLI_ERROR_OUTPUT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "clients/cpp/call_error.h"

namespace twofold {

// Exit codes of the command; 130 when interrupted.
enum ExitCode {
  kDone = 0,
  kRefused = 1,      // the server or the storage said no, or the output could not be written
  kUsage = 2,        // the command line is wrong; nothing was sent
  kUnreachable = 3,  // no answer: whether what was asked is done is not known
};

ExitCode ExitCodeOf(const CallError& error);

// One sentence for people, without the program's name. `address` is the server's.
std::string ErrorLine(const CallError& error, absl::string_view address);

// {"code", "message", "reason", "fieldViolations": [{"field", "description"}], "retryAfterSeconds", "id"};
// what is empty is left out.
std::string ErrorJson(const CallError& error);

// The same for an error that the command found itself, with the code "USAGE".
std::string UsageJson(absl::string_view message);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_ERROR_OUTPUT_H_
