#include "clients/cli/qr_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <CLI/Error.hpp>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/methods/otp/qr_code.h"

namespace twofold {
namespace {

v1::QrFormat FormatOf(absl::string_view path) {
  if (absl::EndsWithIgnoreCase(path, ".png")) return v1::QR_FORMAT_PNG;
  if (absl::EndsWithIgnoreCase(path, ".svg")) return v1::QR_FORMAT_SVG;
  throw CLI::ValidationError(absl::StrCat("--qr-file: ", path, " ends in neither .png nor .svg"));
}

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

QrFile::QrFile(const std::string& path) : format_(FormatOf(path)), file_("--qr-file", path) {}

bool QrFile::Write(const v1::EnrollResponse& response) {
  const std::string& picture = format_ == v1::QR_FORMAT_PNG ? response.qr_png() : response.qr_svg();
  return !picture.empty() && file_.Write(picture) && file_.Keep();
}

std::string WriteTemporaryQr(const std::string& uri) {
  const absl::StatusOr<std::string> picture = RenderQr(QrImage::kPng, uri);
  std::error_code error;
  std::string path = std::filesystem::temp_directory_path(error) / "twofold-qr-XXXXXX.png";
  if (!picture.ok() || error) return "";
  // Makes the file for its owner alone.
  const int fd = mkostemps(path.data(), sizeof(".png") - 1, O_CLOEXEC);
  if (fd < 0) return "";
  const bool written = WriteAll(fd, *picture);
  close(fd);
  if (written) return path;
  unlink(path.c_str());
  return "";
}

}  // namespace twofold
