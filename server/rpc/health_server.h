#ifndef TWOFOLD_SERVER_RPC_HEALTH_SERVER_H_
#define TWOFOLD_SERVER_RPC_HEALTH_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/rpc/listening_socket.h"

namespace twofold {

// Serves only grpc.health.v1 on a port without TLS, for probes that cannot use the main port. The
// destructor stops it.
class HealthServer {
 public:
  virtual ~HealthServer() = default;
  virtual std::string address() const = 0;
  // Sets the status of "" and of both services. Thread-safe.
  virtual void SetServing(bool serving) = 0;
};

// `access` applies to a unix socket. `ready` is as in RpcServerSettings. Returns UNAVAILABLE if the
// server cannot listen on the address.
absl::StatusOr<std::unique_ptr<HealthServer>> StartHealthServer(const std::string& listen,
                                                                const SocketAccess& access = {},
                                                                std::function<bool()> ready = nullptr);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_HEALTH_SERVER_H_
