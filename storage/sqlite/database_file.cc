#include "storage/sqlite/database_file.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"

namespace twofold {
namespace {

absl::Status OfErrno(absl::string_view path, absl::string_view doing) {
  return OfDatabase(path, absl::StrCat(doing, ": ", std::strerror(errno)));
}

absl::StatusOr<std::string> RealPath(const std::string& path) {
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) == nullptr) return OfErrno(path, "cannot be reached");
  return std::string(resolved);
}

// Completes a message of common/trusted_file.h, which begins with a verb.
absl::Status About(absl::string_view path, const absl::Status& status) {
  return status.ok() ? status : OfDatabase(path, absl::StrCat("it ", status.message()));
}

// The folder must exist, the file need not.
absl::StatusOr<std::string> ResolvePath(const std::string& path) {
  TWOFOLD_RETURN_IF_ERROR(About(path, CheckLinks(path)));
  struct stat info;
  if (lstat(path.c_str(), &info) == 0) return RealPath(path);
  if (errno != ENOENT) return OfErrno(path, "cannot be reached");
  absl::StatusOr<std::string> folder = RealPath(FolderOf(path));
  if (!folder.ok()) return OfDatabase(path, "its folder does not exist or cannot be reached");
  const size_t slash = path.rfind('/');
  return absl::StrCat(*folder == "/" ? "" : *folder, "/",
                      slash == std::string::npos ? path : path.substr(slash + 1));
}

// SQLite creates files beside the database, and uses those that it finds there as its own.
absl::Status CheckFolderOf(const std::string& path) {
  const std::string folder = FolderOf(path);
  TWOFOLD_RETURN_IF_ERROR(About(path, CheckFolder(folder, Strangers::kMakeNoFiles)));
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return OfErrno(path, absl::StrCat("its folder ", folder, " is not writable"));
  }
  for (const char* const suffix : {"-wal", "-shm", "-journal"}) {
    const std::string beside = absl::StrCat(path, suffix);
    struct stat info;
    if (lstat(beside.c_str(), &info) != 0) continue;
    absl::Status fit = CheckRegular(info);
    if (fit.ok()) fit = CheckMode(beside, info, FileUser::Current(), Secrecy::kPublic);
    if (!fit.ok()) return OfDatabase(path, absl::StrCat(beside, " ", fit.message()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Descriptor> MakeFile(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return OfErrno(path, "cannot be created");
  // The name must be as durable as the content.
  const Descriptor folder(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || fsync(folder.get()) != 0) return OfErrno(path, "the folder cannot be synced");
  return file;
}

// Checks the type of the file before it opens it, because opening some devices has effects.
absl::StatusOr<Descriptor> OpenFile(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return MakeFile(path);
  TWOFOLD_RETURN_IF_ERROR(About(path, CheckRegular(info)));
  Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
  if (!file.valid()) return OfErrno(path, "cannot be opened for reading and writing");
  return file;
}

// flock is independent of SQLite's own locks, which use fcntl. It locks the inode, so it holds
// whatever name the file is opened by. The kernel drops it with the process.
absl::Status Lock(const std::string& path, Descriptor& file) {
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno != EWOULDBLOCK) return OfErrno(path, "cannot be locked");
  // The descriptor stays open: the holder may be a storage of this process, which would lose
  // SQLite's locks.
  file.Release();
  return OfDatabase(path, "locked: another server or command is using this database");
}

absl::Status CheckContent(const std::string& path, int fd, const struct stat& info) {
  if (info.st_size == 0) return absl::OkStatus();
  // SQLite's file format §1.3: the header has 100 bytes and begins with this text.
  constexpr char kMagic[16] = "SQLite format 3";
  char header[100];
  if (pread(fd, header, sizeof(header), 0) != static_cast<ssize_t>(sizeof(header)) ||
      std::memcmp(header, kMagic, sizeof(kMagic)) != 0) {
    return OfDatabase(path, "is not a SQLite database");
  }
  return absl::OkStatus();
}

bool LeadsTo(const std::string& path, const struct stat& file) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && info.st_dev == file.st_dev && info.st_ino == file.st_ino;
}

}  // namespace

absl::Status OfDatabase(absl::string_view path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("sqlite database ", path, ": ", why));
}

absl::Status CheckOneName(const std::string& path, const struct stat& info) {
  if (info.st_nlink > 1) {
    return OfDatabase(path,
                      absl::StrCat("has ", info.st_nlink,
                                   " names (hard links), and its log only one: remove all but one name, "
                                   "which find -samefile shows"));
  }
  struct statx more;
  if (statx(AT_FDCWD, path.c_str(), 0, 0, &more) == 0 && (more.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
    return OfDatabase(path,
                      "is mounted as a single file, and its log is kept beside it: mount its folder instead");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DatabaseFile>> DatabaseFile::Hold(const std::string& path) {
  // SQLite's name of a database without a file. Here it would quietly name a file in the working
  // folder.
  if (path == ":memory:") return OfDatabase(path, "names no file: use --storage=memory: to keep nothing");
  TWOFOLD_ASSIGN_OR_RETURN(std::string resolved, ResolvePath(path));
  TWOFOLD_RETURN_IF_ERROR(CheckFolderOf(resolved));
  TWOFOLD_ASSIGN_OR_RETURN(Descriptor file, OpenFile(resolved));
  TWOFOLD_RETURN_IF_ERROR(Lock(resolved, file));
  struct stat info;
  if (fstat(file.get(), &info) != 0) return OfErrno(resolved, "cannot be examined");
  TWOFOLD_RETURN_IF_ERROR(About(resolved, CheckRegular(info)));
  TWOFOLD_RETURN_IF_ERROR(About(resolved, CheckMode(resolved, info, FileUser::Current(), Secrecy::kPublic)));
  TWOFOLD_RETURN_IF_ERROR(CheckOneName(resolved, info));
  TWOFOLD_RETURN_IF_ERROR(CheckContent(resolved, file.get(), info));
  std::unique_ptr<DatabaseFile> held(new DatabaseFile(path, std::move(resolved), std::move(file), info));
  if (!held->CheckInPlace().ok()) return OfDatabase(path, "was replaced while it was opened");
  return held;
}

std::string DatabaseFile::Warning() const {
  const absl::Status mode = CheckMode(path_, info_, FileUser::Current(), Secrecy::kSecret);
  if (mode.ok()) return "";
  return absl::StrCat("sqlite database ", path_, ": it holds names of users, and it ", mode.message());
}

absl::Status DatabaseFile::CheckInPlace() const {
  if (LeadsTo(path_, info_) && LeadsTo(given_, info_)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "the database file ", given_, " was moved, replaced or deleted while in use: put it back, or restart"));
}

}  // namespace twofold
