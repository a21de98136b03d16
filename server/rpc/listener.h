#ifndef TWOFOLD_SERVER_RPC_LISTENER_H_
#define TWOFOLD_SERVER_RPC_LISTENER_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/rpc/listening_socket.h"

namespace twofold {

struct ListenerSettings {
  // The address, as in Listen (listening_socket.h).
  std::string address;
  SocketAccess access;
  // The number of connections at the same time. At this number the connection that has been idle
  // for longest makes room for a new one. If none is idle, the new one is closed.
  int max_connections = 1000;
  // A connection makes room only if it has sent nothing for `idle`, or if it has never sent
  // anything for `silent`.
  absl::Duration idle = absl::Seconds(5);
  absl::Duration silent = absl::Seconds(1);
};

// Accepts the connections of a gRPC server and counts those that are open. It has a thread of its
// own.
class Listener {
 public:
  // Receives the descriptor of a connection, and closes it when the connection ends. Called on the
  // listener's thread.
  using HandOver = absl::AnyInvocable<void(int descriptor)>;

  // Calls Stop.
  virtual ~Listener() = default;

  // The address, with the port that the system picked.
  virtual const std::string& address() const = 0;
  // The number of open connections, and the number that was closed because there were too many.
  // Thread-safe.
  virtual int connections() const = 0;
  virtual int64_t refused() const = 0;

  // Starts to accept. Before this, connections wait. Call it once.
  virtual void Start(HandOver hand_over) = 0;
  // Stops to accept. Nothing is handed over after the return. Connections that were handed over
  // stay open. Idempotent.
  virtual void Stop() = 0;
};

// Listens, and does not accept yet. Errors are those of Listen.
absl::StatusOr<std::unique_ptr<Listener>> NewListener(const ListenerSettings& settings);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LISTENER_H_
