#ifndef TWOFOLD_SERVER_RPC_LIBRARY_LOGS_H_
#define TWOFOLD_SERVER_RPC_LIBRARY_LOGS_H_

namespace twofold {

// What gRPC has to say goes into the operators' log, and protobuf, which would print malformed requests, is
// silent: callers are told instead. Both would otherwise write to stderr on the threads that serve calls.
// Before either is used.
void RouteLibraryLogs();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LIBRARY_LOGS_H_
