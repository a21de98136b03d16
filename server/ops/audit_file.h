#ifndef TWOFOLD_SERVER_OPS_AUDIT_FILE_H_
#define TWOFOLD_SERVER_OPS_AUDIT_FILE_H_

#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// An open audit log, and which file it is.
struct AuditFile {
  int fd = -1;
  dev_t device = 0;
  ino_t inode = 0;
  // A crash left half a line at its end, which the next line must not be glued to.
  bool mid_line = false;
};

// Opens `path` to append to it, and makes a file of mode 0600 where there is none. Never blocks. A regular
// file, /dev/null or a named pipe that somebody reads, whose descriptor then is non-blocking; nothing else,
// and none of `used_otherwise`, by whatever path or link, also where those do not exist yet.
// INVALID_ARGUMENT names the path and the reason.
absl::StatusOr<AuditFile> OpenAuditFile(const std::string& path,
                                        const std::vector<std::string>& used_otherwise);

// Whether `path` still leads to it.
bool IsAt(const AuditFile& file, const std::string& path);
// Whether some path leads to it.
bool HasName(const AuditFile& file);

// `path` with every link in it followed, also those that lead to where there is nothing yet.
std::string WithoutLinks(absl::string_view path);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_FILE_H_
