#ifndef TWOFOLD_CLIENTS_CLI_PRIVATE_FILE_H_
#define TWOFOLD_CLIENTS_CLI_PRIVATE_FILE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// A new file that only its owner can read. It never replaces an existing file, and it is removed
// again unless Keep was called.
class PrivateFile {
 public:
  // Throws CLI::ParseError that begins with `flag` if the file cannot be made, so that the user learns
  // this before anything is done.
  PrivateFile(const std::string& flag, const std::string& path);
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  // Appends. Returns false if the bytes cannot be written. `reason` says why.
  bool Write(absl::string_view bytes);

  // Makes sure that the file survives a crash of the machine, and keeps it. Returns false like Write.
  bool Keep();

  // The system's reason for the last failure.
  const std::string& reason() const { return reason_; }

 private:
  const std::string path_;
  const int fd_;
  std::string reason_;
  bool kept_ = false;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_PRIVATE_FILE_H_
