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

// The methods of one gRPC service as bytes in, bytes out, so that a request that is no valid message is
// answered like any other malformed one.
class UnaryService {
 public:
  virtual ~UnaryService() = default;

  // To be registered before the server is built.
  virtual grpc::Service* service() = 0;

  // Takes calls on `loop` until the server shuts down. After the server is built, before the loop runs.
  // Of calls beyond half of `max_in_flight` on all loops some, at `max_in_flight` all are refused with
  // OVERLOADED (admission.h).
  virtual void Serve(RequestLoop& loop) = 0;
};

// All that calls need; outlives the service.
struct CallEnvironment {
  // Null until there is a store: until then calls are answered with STORAGE_UNAVAILABLE.
  const std::atomic<Engine*>& engine;
  CallObserver& observer;
  InFlight& in_flight;
  int64_t max_in_flight;
};

// The service called `name` ("twofold.v1.AdminService"), with its methods of MethodTable().
std::unique_ptr<UnaryService> NewUnaryService(absl::string_view name, const CallEnvironment& environment);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_UNARY_SERVICE_H_
