#ifndef TWOFOLD_CLIENTS_CLI_QR_FILE_H_
#define TWOFOLD_CLIENTS_CLI_QR_FILE_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// A new file for a QR code, which holds the secret: readable by its owner alone, never in place of an
// existing file. Removed again unless it was written.
class QrFile {
 public:
  // Opens FILE.png or FILE.svg. Throws CLI::ParseError when the name says neither or the file cannot be made,
  // so that this is known before anything is enrolled.
  explicit QrFile(const std::string& path);
  ~QrFile();
  QrFile(const QrFile&) = delete;
  QrFile& operator=(const QrFile&) = delete;

  v1::QrFormat format() const { return format_; }

  // Writes the picture. False when it could not be written.
  bool Write(const v1::EnrollResponse& response);

 private:
  const std::string path_;
  const v1::QrFormat format_;
  const int fd_;
  bool written_ = false;
};

// Writes a picture of the QR code of `uri` into a new file in the folder for temporary files, readable by its
// owner alone, and returns its path; "" when that failed.
std::string WriteTemporaryQr(const std::string& uri);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_QR_FILE_H_
