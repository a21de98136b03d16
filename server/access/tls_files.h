#ifndef TWOFOLD_SERVER_ACCESS_TLS_FILES_H_
#define TWOFOLD_SERVER_ACCESS_TLS_FILES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crypto/secret_bytes.h"

namespace twofold {

// The paths of the PEM files of a TLS server.
struct TlsPaths {
  std::string certificate;  // The server's certificate first, then those that issued it.
  std::string key;
  // The certificates that issue the certificates of callers. Empty means that callers present none.
  std::string client_ca;
};

// The content of the files, checked. Immutable.
struct TlsMaterial {
  std::string certificate_pem;
  SecretBytes key_pem;
  std::string client_ca_pem;
  // When the certificate expires.
  absl::Time not_after;

  bool operator==(const TlsMaterial& other) const {
    return certificate_pem == other.certificate_pem && key_pem.ConstantTimeEquals(other.key_pem) &&
           client_ca_pem == other.client_ca_pem;
  }
};

// Reads the files. They are taken only together, when the key belongs to the certificate and `now`
// lies within the certificate's time. Errors are one line that names the file. Blocks.
absl::StatusOr<std::shared_ptr<const TlsMaterial>> LoadTlsMaterial(const TlsPaths& paths, absl::Time now);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ACCESS_TLS_FILES_H_
