#ifndef TWOFOLD_SERVER_OPS_AUDIT_FILE_H_
#define TWOFOLD_SERVER_OPS_AUDIT_FILE_H_

#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// An open audit log and the identity of its file.
struct AuditFile {
  int fd = -1;
  dev_t device = 0;
  ino_t inode = 0;
  // Whether a crash left half a line at the end. The next line must then begin on a new line.
  bool mid_line = false;
};

// Opens `path` for appending, and makes a file of mode 0600 if there is none. Never blocks. The
// path may name a regular file, /dev/null, or a named pipe that has a reader. The descriptor of a
// pipe is non-blocking. The path must not lead to any of `used_otherwise`, by whatever path or
// link, whether or not those exist yet. INVALID_ARGUMENT names the path and the reason.
absl::StatusOr<AuditFile> OpenAuditFile(const std::string& path,
                                        const std::vector<std::string>& used_otherwise);

// Returns whether `path` still leads to the file.
bool IsAt(const AuditFile& file, const std::string& path);
// Returns whether the file still has a name.
bool HasName(const AuditFile& file);

// Returns `path` with every link in it followed, including links to files that do not exist yet.
std::string WithoutLinks(absl::string_view path);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_FILE_H_
