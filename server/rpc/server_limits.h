#ifndef TWOFOLD_SERVER_RPC_SERVER_LIMITS_H_
#define TWOFOLD_SERVER_RPC_SERVER_LIMITS_H_

#include <grpcpp/server_builder.h>

#include "server/rpc/listener.h"

namespace twofold {

// What one caller may take of a server's memory and time before any of our code sees its call: for each gRPC
// server of the process.
void SetServerLimits(grpc::ServerBuilder& builder);

// Lets the server that is built take connections from a listener, in clear. To be used after it has started
// and before it is shut down.
Listener::HandOver TakesConnections(grpc::ServerBuilder& builder);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_SERVER_LIMITS_H_
