#ifndef TWOFOLD_SERVER_RPC_PEER_IDENTITIES_H_
#define TWOFOLD_SERVER_RPC_PEER_IDENTITIES_H_

#include <grpcpp/server_context.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace twofold {

// Returns the identities of the caller as a policy names them ("uri:…", "dns:…", "email:…").
//
// Without `caller_header` they are the subject alternative names of the client certificate that TLS
// has verified. There is none without TLS. With `caller_header` they come from that header, which
// the proxy in front sets. INVALID_ARGUMENT says what is wrong: the header is missing, repeated or
// malformed, or a caller sent kForwardedClientCert to a server that does not take it.
absl::StatusOr<std::vector<std::string>> PeerIdentities(const grpc::ServerContext& context,
                                                        const std::string& caller_header);

// The header that service meshes use.
inline constexpr char kForwardedClientCert[] = "x-forwarded-client-cert";

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_PEER_IDENTITIES_H_
