#ifndef TWOFOLD_CLIENTS_CLI_QR_FILE_H_
#define TWOFOLD_CLIENTS_CLI_QR_FILE_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "clients/cli/private_file.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// A new file for a QR code, which holds the secret. Only its owner can read it. It never replaces
// an existing file, and it is removed again unless it was written.
class QrFile {
 public:
  // Opens FILE.png or FILE.svg. Throws CLI::ParseError if the name has another ending or the file
  // cannot be made, so that the user learns this before anything is enrolled.
  explicit QrFile(const std::string& path);

  v1::QrFormat format() const { return format_; }

  // Writes the picture. Returns false if it cannot be written.
  bool Write(const v1::EnrollResponse& response);

 private:
  const v1::QrFormat format_;
  PrivateFile file_;
};

// Writes a picture of the QR code of `uri` to a new file in the folder for temporary files,
// readable by its owner alone, and returns its path. Returns "" if that fails.
std::string WriteTemporaryQr(const std::string& uri);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_QR_FILE_H_
