#ifndef TWOFOLD_SERVER_RPC_HEALTH_SERVER_H_
#define TWOFOLD_SERVER_RPC_HEALTH_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/rpc/listening_socket.h"

namespace twofold {

// A plain port with nothing but grpc.health.v1, for probes that cannot speak the main port's TLS. Stops when
// destroyed.
class HealthServer {
 public:
  virtual ~HealthServer() = default;
  virtual std::string address() const = 0;
  // Of "" and of both services. Thread-safe.
  virtual void SetServing(bool serving) = 0;
};

// `access` is of a unix socket; `ready` as in RpcServerSettings. UNAVAILABLE: the address cannot be listened
// on.
absl::StatusOr<std::unique_ptr<HealthServer>> StartHealthServer(const std::string& listen,
                                                                const SocketAccess& access = {},
                                                                std::function<bool()> ready = nullptr);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_HEALTH_SERVER_H_
