#include "clients/cli/qr_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <CLI/Error.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

v1::QrFormat FormatOf(absl::string_view path) {
  if (absl::EndsWithIgnoreCase(path, ".png")) return v1::QR_FORMAT_PNG;
  if (absl::EndsWithIgnoreCase(path, ".svg")) return v1::QR_FORMAT_SVG;
  throw CLI::ValidationError(absl::StrCat("--qr-file: ", path, " ends in neither .png nor .svg"));
}

int OpenNew(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0)
    throw CLI::ValidationError(absl::StrCat("--qr-file: cannot make ", path, ": ", strerror(errno)));
  return fd;
}

}  // namespace

QrFile::QrFile(const std::string& path) : path_(path), format_(FormatOf(path)), fd_(OpenNew(path)) {}

QrFile::~QrFile() {
  close(fd_);
  if (!written_) unlink(path_.c_str());
}

bool QrFile::Write(const v1::EnrollResponse& response) {
  const std::string& picture = format_ == v1::QR_FORMAT_PNG ? response.qr_png() : response.qr_svg();
  size_t done = 0;
  while (done < picture.size()) {
    const ssize_t n = write(fd_, picture.data() + done, picture.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  written_ = !picture.empty();
  return written_;
}

}  // namespace twofold
