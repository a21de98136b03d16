#include "storage/sqlite/new_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

absl::Status ErrnoStatus(absl::string_view path, absl::string_view doing) {
  return absl::FailedPreconditionError(absl::StrCat(path, " cannot be ", doing, ": ", std::strerror(errno)));
}

absl::Status Exists(absl::string_view path) {
  return absl::AlreadyExistsError(
      absl::StrCat("there is already a file at ", path, ", which is left as it is"));
}

int OpenNew(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

// The process that writes a part locks it, so a part without a lock was left behind.
absl::Status RemoveLeftOver(const std::string& part_path) {
  const int fd = open(part_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return ErrnoStatus(part_path, "opened");
  const absl::Cleanup close_it = [fd] { close(fd); };
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(part_path, " is being written by another command"));
  }
  if (unlink(part_path.c_str()) != 0) return ErrnoStatus(part_path, "removed");
  return absl::OkStatus();
}

// Renames `from` to `to` unless `to` exists. File systems that cannot do so in one step can link.
bool RenameNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  return link(from.c_str(), to.c_str()) == 0 && unlink(from.c_str()) == 0;
}

absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(folder, "opened");
  const absl::Cleanup close_it = [fd] { close(fd); };
  if (fsync(fd) != 0) return ErrnoStatus(folder, "synced");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<NewFile>> NewFile::Create(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) == 0) return Exists(path);
  if (errno != ENOENT) return ErrnoStatus(path, "made");
  const std::string part_path = absl::StrCat(path, ".part");
  int fd = OpenNew(part_path);
  if (fd < 0 && errno == EEXIST) {
    TWOFOLD_RETURN_IF_ERROR(RemoveLeftOver(part_path));
    fd = OpenNew(part_path);
  }
  if (fd < 0) return ErrnoStatus(part_path, "made");
  std::unique_ptr<NewFile> file(new NewFile(path, part_path, fd));
  // The umask may have removed permissions.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fchmod(fd, 0600) != 0) return ErrnoStatus(part_path, "made");
  return file;
}

NewFile::~NewFile() {
  if (!published_) unlink(part_path_.c_str());
  close(fd_);
}

absl::Status NewFile::Publish() {
  if (fsync(fd_) != 0) return ErrnoStatus(part_path_, "synced");
  if (!RenameNew(part_path_, path_)) return errno == EEXIST ? Exists(path_) : ErrnoStatus(path_, "made");
  published_ = true;
  return SyncFolderOf(path_);
}

}  // namespace twofold
