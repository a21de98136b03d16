#ifndef TWOFOLD_STORAGE_SQLITE_NEW_FILE_H_
#define TWOFOLD_STORAGE_SQLITE_NEW_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace twofold {

// A file that appears under its name only when it is whole. Until then it is "NAME.part", for its owner only,
// and goes with this object. Messages name the file.
class NewFile {
 public:
  // ALREADY_EXISTS when there is a file `path`; FAILED_PRECONDITION when another process writes it now, or
  // the system lets nothing be made there. A part that was left behind is replaced.
  static absl::StatusOr<std::unique_ptr<NewFile>> Create(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::string& part_path() const { return part_path_; }

  // Makes the part durable under the file's name. ALREADY_EXISTS, nothing replaced, when there is such a file
  // by now. What was opened on the part must be closed.
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
