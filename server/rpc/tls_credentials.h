#ifndef TWOFOLD_SERVER_RPC_TLS_CREDENTIALS_H_
#define TWOFOLD_SERVER_RPC_TLS_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/time/time.h"
#include "common/current.h"
#include "server/access/tls_files.h"

namespace twofold {

// Returns the credentials of a server that presents what `material` holds when a handshake begins,
// so that a certificate is replaced without a restart. Connections that exist keep what they have.
// If the material has a client CA, TLS ends a connection whose client presents no certificate of
// that CA. TLS 1.2 and TLS 1.3 are allowed.
//
// A client that resumes a session (RFC 8446 section 2.2) is not asked for its certificate again,
// which may have expired since. A session can be resumed for about `session_life`.
//
// `material` is not empty and outlives the server.
std::shared_ptr<grpc::ServerCredentials> NewTlsCredentials(const Current<TlsMaterial>& material,
                                                           absl::Duration session_life);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_TLS_CREDENTIALS_H_
