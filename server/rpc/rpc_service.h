#ifndef TWOFOLD_SERVER_RPC_RPC_SERVICE_H_
#define TWOFOLD_SERVER_RPC_RPC_SERVICE_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "server/rpc/call_environment.h"
#include "server/rpc/request_loop.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace twofold {

// Serves the methods of one gRPC service with bytes in and bytes out, so that a request that is not
// a valid message is answered like any other malformed one.
class RpcService {
 public:
  virtual ~RpcService() = default;

  // Register this before the server is built.
  virtual grpc::Service* service() = 0;

  // Takes calls on `loop` until the server shuts down. Call it after the server is built and before
  // the loop runs. Beyond half of `max_in_flight` calls on all loops some calls are rejected with
  // OVERLOADED, and at `max_in_flight` all are (load_shedding.h).
  virtual void Serve(RequestLoop& loop) = 0;
};

// Returns the service called `name` ("twofold.v1.AdminService"), with its methods of MethodTable().
// `environment` outlives the service.
std::unique_ptr<RpcService> NewRpcService(absl::string_view name, const CallEnvironment& environment);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_RPC_SERVICE_H_
