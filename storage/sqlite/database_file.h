#ifndef TWOFOLD_STORAGE_SQLITE_DATABASE_FILE_H_
#define TWOFOLD_STORAGE_SQLITE_DATABASE_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace twofold {

// The file "PATH.lock" beside a database, locked as long as this object lives.
class FileLock {
 public:
  // FAILED_PRECONDITION, naming the database `path`, when it cannot be created or is held.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  const int fd_;
};

// `path` with all symbolic links resolved, so that one file has one lock. The file need not exist, its folder
// must.
absl::StatusOr<std::string> ResolvePath(const std::string& path);

// Leaves at `path` a file that SQLite may open for writing: creates it with mode 0600 if there is none,
// refuses one that cannot be written or is no SQLite database. Must not run while this process has the
// database open: closing a descriptor drops SQLite's own locks.
absl::Status PrepareFile(const std::string& path);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_DATABASE_FILE_H_
