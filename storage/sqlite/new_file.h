#ifndef TWOFOLD_STORAGE_SQLITE_NEW_FILE_H_
#define TWOFOLD_STORAGE_SQLITE_NEW_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace twofold {

// A file that appears under its name only when it is complete. Until then it is "NAME.part" with
// mode 0600, and the destructor removes it. Messages name the file.
class NewFile {
 public:
  // Replaces a part that was left behind. ALREADY_EXISTS: there is a file at `path`.
  // FAILED_PRECONDITION: another process is writing the part, or the file cannot be created.
  static absl::StatusOr<std::unique_ptr<NewFile>> Create(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::string& part_path() const { return part_path_; }

  // Makes the part durable under the file's name. Everything that was opened on the part must be
  // closed. ALREADY_EXISTS: there is such a file by now, which is left as it is.
  absl::Status Publish();

 private:
  NewFile(std::string path, std::string part_path, int fd)
      : path_(std::move(path)), part_path_(std::move(part_path)), fd_(fd) {}

  const std::string path_;
  const std::string part_path_;
  const int fd_;
  bool published_ = false;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_NEW_FILE_H_
