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

// The file of a database, which this object holds against every other process and storage for as long as it
// lives, whatever name they open it by. Everything that opens the file in this process does so in between:
// closing a descriptor of it drops SQLite's own locks (https://www.sqlite.org/howtocorrupt.html, 2.2).
class DatabaseFile {
 public:
  // Opens the file that `path` leads to, or makes one with mode 0600. FAILED_PRECONDITION, naming `path`: it
  // is held, is no SQLite database, cannot be written, has a second name, or others may change it.
  static absl::StatusOr<std::unique_ptr<DatabaseFile>> Hold(const std::string& path);
  DatabaseFile(const DatabaseFile&) = delete;
  DatabaseFile& operator=(const DatabaseFile&) = delete;

  // With all symbolic links resolved.
  const std::string& path() const { return path_; }

  // What operators should know of it; empty when there is nothing.
  std::string Warning() const;

  // UNAVAILABLE when one of its two names no longer leads to it. Thread-safe.
  absl::Status CheckInPlace() const;

 private:
  DatabaseFile(std::string given, std::string path, Descriptor file, const struct stat& info)
      : given_(std::move(given)), path_(std::move(path)), file_(std::move(file)), info_(info) {}

  // As it was named; may be relative.
  const std::string given_;
  const std::string path_;
  const Descriptor file_;
  // When it was opened.
  const struct stat info_;
};

// FAILED_PRECONDITION when the file has a further name, or is mounted on its own: SQLite finds the log of a
// database by name, so through another one it would miss what was written last
// (https://www.sqlite.org/howtocorrupt.html, 2.5).
absl::Status CheckOneName(const std::string& path, const struct stat& info);

// A message about a database, for operators.
absl::Status OfDatabase(absl::string_view path, absl::string_view why);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_DATABASE_FILE_H_
