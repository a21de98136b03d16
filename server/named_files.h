#ifndef TWOFOLD_SERVER_NAMED_FILES_H_
#define TWOFOLD_SERVER_NAMED_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/ops/process.h"
#include "server/options.h"

namespace twofold {

// Returns INVALID_ARGUMENT if two options name one file, by whatever path, because writing one
// would destroy the other. It checks the database, its log, the key ring, the audit log and
// sockets. It opens nothing. It blocks.
absl::Status CheckFilesApart(const Options& options);

// Returns INVALID_ARGUMENT if `output` is redirected into the database, its log or the key ring,
// which a line of the log would damage. It blocks.
absl::Status CheckOutputApart(const Options& options, Output output);

// Returns all of these files except the audit log, which must not become one of them when it is
// opened again.
std::vector<std::string> FilesBesideAuditLog(const Options& options);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_NAMED_FILES_H_
