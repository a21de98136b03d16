#ifndef TWOFOLD_SERVER_RPC_RPC_SERVER_H_
#define TWOFOLD_SERVER_RPC_RPC_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/engine/engine.h"
#include "server/rpc/call_observer.h"
#include "server/rpc/listening_socket.h"
#include "server/rpc/unary_service.h"

namespace twofold {

struct RpcServerSettings {
  // host:port or unix:/path; port 0 picks one.
  std::string listen;
  // Of a unix socket.
  SocketAccess access;
  int max_connections = 1000;
  // Request threads.
  int threads = 1;
  bool reflection = true;
  // Asked besides SetServing each time that somebody asks grpc.health.v1; must not block. Null: not asked.
  std::function<bool()> ready;
  // Calls at once; more are refused, and some of those beyond the half of it (admission.h).
  int64_t max_in_flight = 2048;
  // One more service on the same port and loops; outlives the server. Null: none.
  UnaryService* further_service = nullptr;
};

// The gRPC server: the services of MethodTable(), grpc.health.v1 and, if wanted, reflection. Stops when
// destroyed.
class RpcServer {
 public:
  virtual ~RpcServer() = default;

  // Where it listens, with the port that was picked.
  virtual std::string address() const = 0;

  // What grpc.health.v1 says of "" and of both services. Not serving at first. Thread-safe.
  virtual void SetServing(bool serving) = 0;

  // From now on calls are given to the engine, which outlives the server. Until then they are answered with
  // STORAGE_UNAVAILABLE. Once; thread-safe.
  virtual void Serve(Engine& engine) = 0;

  // Makes every request loop look again how long it may sleep. Thread-safe; not after Shutdown.
  virtual void WakeLoops() = 0;

  // Says NOT_SERVING, takes no more calls, finishes those under way for up to `grace`, then cancels them.
  // Connections on which no call is under way do not make it last: their peers have kFarewell to close them.
  // Blocks, beyond `grace` only while the storage owes an answer to a call. Idempotent.
  virtual void Shutdown(absl::Duration grace) = 0;
};

// How long peers have to answer the request to close an idle connection, which takes them a round trip.
inline constexpr absl::Duration kFarewell = absl::Milliseconds(500);

// The observer outlives the server. UNAVAILABLE: the address cannot be listened on.
absl::StatusOr<std::unique_ptr<RpcServer>> StartRpcServer(const RpcServerSettings& settings,
                                                          CallObserver& observer);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_RPC_SERVER_H_
