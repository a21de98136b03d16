#ifndef TWOFOLD_SERVER_RPC_UNARY_SERVICE_H_
#define TWOFOLD_SERVER_RPC_UNARY_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <memory>

#include "common/async.h"
#include "server/engine/engine.h"
#include "server/rpc/call_observer.h"
#include "server/rpc/request_loop.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace twofold {

// Serves the methods of one gRPC service with bytes in and bytes out, so that a request that is not
// a valid message is answered like any other malformed one.
class UnaryService {
 public:
  virtual ~UnaryService() = default;

  // Register this before the server is built.
  virtual grpc::Service* service() = 0;

  // Takes calls on `loop` until the server shuts down. Call it after the server is built and before
  // the loop runs. Beyond half of `max_in_flight` calls on all loops some calls are rejected with
  // OVERLOADED, and at `max_in_flight` all are (load_shedding.h).
  virtual void Serve(RequestLoop& loop) = 0;
};

// Everything that calls need. It must outlive the service.
struct CallEnvironment {
  // Null until there is a store. Until then calls are answered with STORAGE_UNAVAILABLE.
  const std::atomic<Engine*>& engine;
  CallObserver& observer;
  InFlight& in_flight;
  int64_t max_in_flight;
};

// Returns the service called `name` ("twofold.v1.AdminService"), with its methods of MethodTable().
std::unique_ptr<UnaryService> NewUnaryService(absl::string_view name, const CallEnvironment& environment);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_UNARY_SERVICE_H_
