#ifndef TWOFOLD_CLIENTS_CLI_ANSWER_H_
#define TWOFOLD_CLIENTS_CLI_ANSWER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cli/console.h"

namespace twofold {

// Reads the JSON of a security key's credential from a file, or from standard input if `path` is
// "-". Standard input is read line by line until the lines are a JSON object, so that a person can
// paste it and a program can leave its pipe open. INVALID_ARGUMENT says in one line why there is none.
absl::StatusOr<std::string> ReadCredential(Console& console, const std::string& path,
                                           absl::string_view prompt);

// Returns what a file or pipe holds. INVALID_ARGUMENT if it cannot be read or is larger. Opening a
// pipe waits for its writer.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_ANSWER_H_
