#ifndef TWOFOLD_SERVER_NAMED_FILES_H_
#define TWOFOLD_SERVER_NAMED_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/options.h"

namespace twofold {

// INVALID_ARGUMENT when two options name one file, by whatever path: what is written for one would destroy
// the other. Database, its log, key ring, audit log and sockets are looked at. Opens nothing; blocks.
absl::Status CheckFilesApart(const Options& options);

// All of them but the audit log, which must not become one of them when it is opened again.
std::vector<std::string> FilesBesideAuditLog(const Options& options);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_NAMED_FILES_H_
