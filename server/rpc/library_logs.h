#ifndef TWOFOLD_SERVER_RPC_LIBRARY_LOGS_H_
#define TWOFOLD_SERVER_RPC_LIBRARY_LOGS_H_

namespace twofold {

// Sends gRPC's log to the operators' log, and silences protobuf, which would print malformed
// requests. Both would otherwise write to stderr on the threads that serve calls. Callers learn of
// malformed requests in any case. Call this before either library is used.
void RouteLibraryLogs();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LIBRARY_LOGS_H_
