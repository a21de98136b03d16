#ifndef TWOFOLD_COMMON_TRUSTED_FILE_H_
#define TWOFOLD_COMMON_TRUSTED_FILE_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

// Files that an operator names, and that decide whom the service lets in. Messages begin with a verb and say
// what to do; callers put the name of the file before them. These functions are thread-safe, and those that
// look at a path block.

namespace twofold {

enum class Secrecy {
  kPublic,  // Anybody may read it.
  kSecret,  // Only root, this process's user and its groups may.
};

// Who a process is to the file system.
struct FileUser {
  uid_t user = 0;
  // The effective one and the supplementary ones.
  std::vector<gid_t> groups;

  // This process.
  static FileUser Current();
};

// OK when nobody but root, `me` and the groups of `me` may write to a file or folder or, if it is kSecret,
// read it. Else FAILED_PRECONDITION with the mode and the command that mends it. Access lists (ACL) count as
// far as the mode shows them. Pure.
absl::Status CheckMode(const std::string& path, const struct stat& info, const FileUser& me, Secrecy secrecy);

// What strangers may do in the folder of a trusted file.
enum class Strangers {
  kMakeNoFiles,    // None: its program looks for further files there.
  kReplaceNoFiles  // They may make files of their own, as in a folder with the sticky bit.
};

// OK when strangers can turn none of the symbolic links elsewhere through which `path` is reached, the last
// one included. Else FAILED_PRECONDITION that names the link. What does not exist is nobody's link.
absl::Status CheckLinks(const std::string& path);

// OK when strangers may do no more than that in `folder`, and CheckLinks is. Else FAILED_PRECONDITION, as
// CheckMode.
absl::Status CheckFolder(const std::string& folder, Strangers strangers);

// OK when `info` is of a regular file. Else FAILED_PRECONDITION that says what it is.
absl::Status CheckRegular(const struct stat& info);

// Reads a file that strangers can neither change nor replace into `text`, which is its whole buffer from the
// start, so that no copy is left behind. Symbolic links are followed, as a mounted Kubernetes Secret needs.
// Never waits for another process. NOT_FOUND when there is no file. FAILED_PRECONDITION: it is no regular
// file, has no or more than `max_size` bytes, or is open to strangers. Else what the system says.
absl::Status ReadTrustedFile(const std::string& path, Secrecy secrecy, size_t max_size, std::string& text);

// The folder that a path names a file in.
std::string FolderOf(const std::string& path);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_TRUSTED_FILE_H_
