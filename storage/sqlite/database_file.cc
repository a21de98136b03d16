#include "storage/sqlite/database_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

absl::Status Refused(absl::string_view path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("sqlite database ", path, ": ", why));
}

absl::Status RefusedByErrno(absl::string_view path, absl::string_view doing) {
  return Refused(path, absl::StrCat(doing, ": ", std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::StatusOr<std::string> RealPath(const std::string& path) {
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) == nullptr) return RefusedByErrno(path, "cannot be reached");
  return std::string(resolved);
}

absl::Status CreateFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return RefusedByErrno(path, "cannot be created");
  // The name must be as durable as what will be written under it.
  const Descriptor folder(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0)
    return RefusedByErrno(path, "the folder cannot be synced");
  return absl::OkStatus();
}

absl::Status CheckExistingFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return RefusedByErrno(path, "cannot be opened for reading and writing");
  struct stat info;
  if (fstat(file.get(), &info) != 0) return RefusedByErrno(path, "cannot be examined");
  if (!S_ISREG(info.st_mode)) return Refused(path, "is not a regular file");
  if (info.st_size == 0) return absl::OkStatus();
  // SQLite's file format §1.3: 100 bytes of header that begin with this text.
  constexpr char kMagic[16] = "SQLite format 3";
  char header[100];
  if (pread(file.get(), header, sizeof(header), 0) != static_cast<ssize_t>(sizeof(header)) ||
      std::memcmp(header, kMagic, sizeof(kMagic)) != 0) {
    return Refused(path, "is not a SQLite database");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(const std::string& path) {
  const std::string lock_path = absl::StrCat(path, ".lock");
  const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return RefusedByErrno(path, absl::StrCat("the lock file ", lock_path, " cannot be created"));
  std::unique_ptr<FileLock> lock(new FileLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return Refused(path, "locked: another server or command is using this database");
  return RefusedByErrno(path, "cannot be locked");
}

// The file stays: removing it would let a third process lock a new one while a second still waits on the old.
FileLock::~FileLock() { close(fd_); }

absl::StatusOr<std::string> ResolvePath(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) == 0) return RealPath(path);
  if (errno != ENOENT) return RefusedByErrno(path, "cannot be reached");
  absl::StatusOr<std::string> folder = RealPath(FolderOf(path));
  if (!folder.ok()) return Refused(path, "its folder does not exist or cannot be reached");
  const size_t slash = path.rfind('/');
  return absl::StrCat(*folder == "/" ? "" : *folder, "/",
                      slash == std::string::npos ? path : path.substr(slash + 1));
}

absl::Status PrepareFile(const std::string& path) {
  // SQLite creates its log beside the file.
  const std::string folder = FolderOf(path);
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return RefusedByErrno(path, absl::StrCat("its folder ", folder, " is not writable"));
  }
  struct stat info;
  if (lstat(path.c_str(), &info) == 0) return CheckExistingFile(path);
  return CreateFile(path);
}

}  // namespace twofold
