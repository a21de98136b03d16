#ifndef TWOFOLD_SERVER_RPC_LISTENING_SOCKET_H_
#define TWOFOLD_SERVER_RPC_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace twofold {

// Who may connect to a unix socket.
struct SocketAccess {
  mode_t mode = 0600;
  // Unset: the group of the process.
  std::optional<gid_t> group;
};

// The sockets that listen on one address: several where a name has several addresses. They do not block, and
// are closed when this is destroyed. Not thread-safe.
class ListeningSockets {
 public:
  ListeningSockets() = default;
  ListeningSockets(ListeningSockets&& other) noexcept;
  ListeningSockets& operator=(ListeningSockets&& other) noexcept;
  ~ListeningSockets() { Close(); }

  const std::vector<int>& descriptors() const { return descriptors_; }
  // As it was asked for, with the port that was picked.
  const std::string& address() const { return address_; }

  // Removes a unix socket's file, unless another one stands there by now. Idempotent.
  void Close();

 private:
  friend absl::StatusOr<ListeningSockets> Listen(const std::string& address, const SocketAccess& access);

  std::vector<int> descriptors_;
  std::string address_;
  // Of a unix socket.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Listens on `host:port` or `unix:/path` (common/address.h); port 0 picks a free port. UNAVAILABLE is one
// sentence for operators with the system's reason.
//
// An address on which somebody listens is never taken. The file of a unix socket on which nobody listens any
// more is replaced, and anything else at its path is left alone. No process can connect before the file has
// the mode and group of `access`. While the file is made the folder is locked (flock(2)), so that of two
// servers that start at once one is refused. Blocks, for up to some seconds while others hold that lock.
absl::StatusOr<ListeningSockets> Listen(const std::string& address, const SocketAccess& access);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LISTENING_SOCKET_H_
