#include "clients/cli/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/Error.hpp>

#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

int OpenNew(const std::string& flag, const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) throw CLI::ValidationError(absl::StrCat(flag, ": cannot make ", path, ": ", strerror(errno)));
  return fd;
}

}  // namespace

PrivateFile::PrivateFile(const std::string& flag, const std::string& path)
    : path_(path), fd_(OpenNew(flag, path)) {}

PrivateFile::~PrivateFile() {
  close(fd_);
  if (!kept_) unlink(path_.c_str());
}

bool PrivateFile::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      reason_ = strerror(errno);
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool PrivateFile::Keep() {
  kept_ = fsync(fd_) == 0;
  if (!kept_) reason_ = strerror(errno);
  return kept_;
}

}  // namespace twofold
