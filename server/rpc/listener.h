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
  // As in Listen (listening_socket.h).
  std::string address;
  SocketAccess access;
  // At once. Beyond these the connection that has been idle for longest makes room for a new one. Where none
  // is idle the new one is closed.
  int max_connections = 1000;
  // How long a connection that makes room has sent nothing, and one that has never sent anything.
  absl::Duration idle = absl::Seconds(5);
  absl::Duration silent = absl::Seconds(1);
};

// Accepts the connections of a gRPC server and counts those that live. One thread of its own.
class Listener {
 public:
  // Gets the descriptor of a connection, and closes it when the connection ends. Called on the listener's
  // thread.
  using HandOver = absl::AnyInvocable<void(int descriptor)>;

  // Stops.
  virtual ~Listener() = default;

  // With the port that was picked.
  virtual const std::string& address() const = 0;
  // How many connections live, and how many were closed because there were too many. Thread-safe.
  virtual int connections() const = 0;
  virtual int64_t refused() const = 0;

  // Accepts from now on; before this, connections wait. Once.
  virtual void Start(HandOver hand_over) = 0;
  // Nobody can connect any more, and nothing is handed over after the return. Connections that were handed
  // over live on. Idempotent.
  virtual void Stop() = 0;
};

// Listens, and accepts nothing yet. Errors are those of Listen.
absl::StatusOr<std::unique_ptr<Listener>> NewListener(const ListenerSettings& settings);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LISTENER_H_
