#ifndef TWOFOLD_CLIENTS_CPP_TLS_H_
#define TWOFOLD_CLIENTS_CPP_TLS_H_

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace twofold {

// The paths of the PEM files of a client that calls over TLS.
struct ClientTlsFiles {
  // The certificates that issue the server's certificate.
  std::string ca;
  // The client's certificate and its private key. Both are empty if the server asks for none.
  std::string certificate;
  std::string key;
};

// Reads the files into credentials for ClientOptions. INVALID_ARGUMENT and FAILED_PRECONDITION are
// one line that names the file: one cannot be read, the key does not belong to the certificate or
// may be read by strangers, or the certificate is not valid now. Blocks.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> LoadTlsCredentials(const ClientTlsFiles& files);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_TLS_H_
