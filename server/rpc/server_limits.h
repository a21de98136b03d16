#ifndef TWOFOLD_SERVER_RPC_SERVER_LIMITS_H_
#define TWOFOLD_SERVER_RPC_SERVER_LIMITS_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <memory>

#include "server/rpc/listener.h"

namespace twofold {

// Sets how much of a server's memory and time a caller can use before our code sees its call. It is
// for each gRPC server of the process.
void SetServerLimits(grpc::ServerBuilder& builder);

// Lets the server take connections from a listener. Use the result after the server has started and
// before it is shut down.
Listener::HandOver TakesConnections(grpc::ServerBuilder& builder,
                                    std::shared_ptr<grpc::ServerCredentials> credentials);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_SERVER_LIMITS_H_
