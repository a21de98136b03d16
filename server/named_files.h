#ifndef TWOFOLD_SERVER_NAMED_FILES_H_
#define TWOFOLD_SERVER_NAMED_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/options.h"

namespace twofold {

// Returns INVALID_ARGUMENT if two options name one file, by whatever path, because writing one
// would destroy the other. It checks the database, its log, the key ring, the audit log and
// sockets. It opens nothing. It blocks.
absl::Status CheckFilesApart(const Options& options);

// Returns all of these files except the audit log, which must not become one of them when it is
// opened again.
std::vector<std::string> FilesBesideAuditLog(const Options& options);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_NAMED_FILES_H_
