#ifndef TWOFOLD_STORAGE_SQLITE_DATABASE_FILE_H_
#define TWOFOLD_STORAGE_SQLITE_DATABASE_FILE_H_

#include <sys/stat.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/descriptor.h"

namespace twofold {

// A database file that this object locks against every other process and storage for as long as it
// lives, whatever name they open it by. All other descriptors of the file in this process must be
// opened later and closed earlier, because closing one drops SQLite's own locks
// (https://www.sqlite.org/howtocorrupt.html, 2.2).
class DatabaseFile {
 public:
  // Opens the file that `path` leads to, or creates it with mode 0600. FAILED_PRECONDITION, with a
  // message that names `path`: the file is locked, is no SQLite database, cannot be written, has a
  // second name, or others may change it.
  static absl::StatusOr<std::unique_ptr<DatabaseFile>> Hold(const std::string& path);
  DatabaseFile(const DatabaseFile&) = delete;
  DatabaseFile& operator=(const DatabaseFile&) = delete;

  // The path with all symbolic links resolved.
  const std::string& path() const { return path_; }

  // A sentence for operators when others may read the file, else empty.
  std::string Warning() const;

  // UNAVAILABLE: the path that was given or the resolved one no longer leads to this file.
  // Thread-safe.
  absl::Status CheckInPlace() const;

 private:
  DatabaseFile(std::string given, std::string path, Descriptor file, const struct stat& info)
      : given_(std::move(given)), path_(std::move(path)), file_(std::move(file)), info_(info) {}

  // The path that was given. It may be relative.
  const std::string given_;
  const std::string path_;
  const Descriptor file_;
  // The state when the file was opened.
  const struct stat info_;
};

// FAILED_PRECONDITION: the file has a second name, or is mounted on its own. SQLite finds the log
// of a database by name, so under another name it would miss the last writes
// (https://www.sqlite.org/howtocorrupt.html, 2.5).
absl::Status CheckOneName(const std::string& path, const struct stat& info);

// FAILED_PRECONDITION with a message for operators that names the database.
absl::Status OfDatabase(absl::string_view path, absl::string_view why);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_DATABASE_FILE_H_
