#ifndef TWOFOLD_SERVER_RPC_TLS_CREDENTIALS_H_
#define TWOFOLD_SERVER_RPC_TLS_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "common/current.h"
#include "server/access/tls_files.h"

namespace twofold {

// Returns the credentials of a server that presents what `material` holds when a handshake begins,
// so that a certificate is replaced without a restart. Connections that exist keep what they have.
// If the material has a client CA, TLS ends a connection whose client presents no certificate of
// that CA. TLS 1.2 and TLS 1.3 are allowed. `material` is not empty and outlives the server.
std::shared_ptr<grpc::ServerCredentials> NewTlsCredentials(const Current<TlsMaterial>& material);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_TLS_CREDENTIALS_H_
