#ifndef TWOFOLD_SERVER_RPC_RPC_SERVER_H_
#define TWOFOLD_SERVER_RPC_RPC_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/current.h"
#include "server/access/access_control.h"
#include "server/access/tls_files.h"
#include "server/engine/engine.h"
#include "server/rpc/call_observer.h"
#include "server/rpc/listening_socket.h"
#include "server/rpc/reflection_service.h"
#include "server/rpc/rpc_service.h"

namespace twofold {

struct RpcServerSettings {
  // The address, host:port or unix:/path. Port 0 picks a free port.
  std::string listen;
  // The access to a unix socket.
  SocketAccess access;
  int max_connections = 1000;
  // What the server presents to its clients. It must outlive the server. Null means no TLS.
  const Current<TlsMaterial>* tls = nullptr;
  // As in NewTlsCredentials (tls_credentials.h).
  absl::Duration tls_session_life = absl::Seconds(30);
  // As in CallEnvironment.
  std::string caller_header;
  // The number of request threads.
  int threads = 1;
  bool reflection = true;
  ReflectionBounds reflection_bounds;
  // Asked in addition to SetServing each time that a client asks grpc.health.v1. It must not block.
  // Null means that nothing else is asked.
  std::function<bool()> ready;
  // The number of calls at the same time. Further ones are rejected, and so are some of those
  // beyond half of it (load_shedding.h).
  int64_t max_in_flight = 2048;
  // A further service on the same port and loops. It must outlive the server. Null means none.
  RpcService* further_service = nullptr;
};

// The gRPC server with the services of MethodTable(), grpc.health.v1 and, if wanted, reflection.
// The destructor stops it.
class RpcServer {
 public:
  virtual ~RpcServer() = default;

  // Returns the address that it listens on, with the port that the system picked.
  virtual std::string address() const = 0;

  // Sets what grpc.health.v1 reports for "" and both services. It is not serving at first.
  // Thread-safe.
  virtual void SetServing(bool serving) = 0;

  // From now on the engine gets the calls. It must outlive the server. Before this call, the server
  // answers with STORAGE_UNAVAILABLE. Call it once. Thread-safe.
  virtual void Serve(Engine& engine) = 0;

  // Makes every request loop compute anew how long it may sleep. Thread-safe. Do not call this
  // after Shutdown.
  virtual void WakeLoops() = 0;

  // Returns whether every request loop runs new work within `time`. Blocks that long at most. Do not
  // call this after Shutdown.
  virtual bool Answers(absl::Duration time) = 0;

  // Reports NOT_SERVING, takes no more calls, finishes running calls for up to `grace`, and then
  // cancels them. Connections without a running call do not prolong this. Their peers have
  // kFarewell to close them. Blocks, and beyond `grace` only while the storage owes an answer to a
  // call. Idempotent.
  virtual void Shutdown(absl::Duration grace) = 0;
};

// The time in which peers must close an idle connection after they are asked to, which takes them a
// round trip.
inline constexpr absl::Duration kFarewell = absl::Milliseconds(500);

// The observer and `access` must outlive the server. Returns UNAVAILABLE if the server cannot
// listen on the address.
absl::StatusOr<std::unique_ptr<RpcServer>> StartRpcServer(const RpcServerSettings& settings,
                                                          CallObserver& observer,
                                                          const AccessControl& access);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_RPC_SERVER_H_
