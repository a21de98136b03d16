#ifndef TWOFOLD_COMMON_TRUSTED_FILE_H_
#define TWOFOLD_COMMON_TRUSTED_FILE_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

// Checks and reads files that an operator names and that decide who may use the service. Messages
// begin with a verb and say what to do. Callers put the name of the file before them. The functions
// are thread-safe. Those that take a path block.

namespace twofold {

enum class Secrecy {
  kPublic,  // Anybody may read it.
  kSecret,  // Only root, this process's user and its groups may.
};

// The identity of a process in the file system.
struct FileUser {
  uid_t user = 0;
  // The effective group and the supplementary groups.
  std::vector<gid_t> groups;

  // The identity of this process.
  static FileUser Current();
};

// OK when only root, `me` and the groups of `me` may write to a file or folder and, if it is
// kSecret, read it. Otherwise FAILED_PRECONDITION with the mode and the command that mends it.
// Access lists (ACL) count as far as the mode shows them. Pure.
absl::Status CheckMode(const std::string& path, const struct stat& info, const FileUser& me, Secrecy secrecy);

// What strangers may do in the folder of a trusted file.
enum class Strangers {
  kMakeNoFiles,    // They may not make files, because a program looks for further files there.
  kReplaceNoFiles  // They may make files of their own, as in a folder with the sticky bit.
};

// OK when strangers can redirect none of the symbolic links on the way to `path`, the last one
// included. Otherwise FAILED_PRECONDITION that names the link. A path that does not exist has no
// further links.
absl::Status CheckLinks(const std::string& path);

// OK when strangers may do no more than `strangers` in `folder`, and CheckLinks returns OK.
// Otherwise FAILED_PRECONDITION as from CheckMode.
absl::Status CheckFolder(const std::string& folder, Strangers strangers);

// OK when `info` is of a regular file. Otherwise FAILED_PRECONDITION that says what it is.
absl::Status CheckRegular(const struct stat& info);

// Reads a file that strangers can neither change nor replace into `text`. The buffer of `text` has
// its full size from the start, so that no copy is left in memory. Symbolic links are followed, as
// a mounted Kubernetes Secret needs. Never waits for another process. NOT_FOUND: there is no file.
// FAILED_PRECONDITION: it is not a regular file, is empty, has more than `max_size` bytes, or is
// open to strangers. Other errors are the system's.
absl::Status ReadTrustedFile(const std::string& path, Secrecy secrecy, size_t max_size, std::string& text);

// The folder of the file at `path`.
std::string FolderOf(const std::string& path);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_TRUSTED_FILE_H_
