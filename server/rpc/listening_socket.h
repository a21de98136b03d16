#ifndef TWOFOLD_SERVER_RPC_LISTENING_SOCKET_H_
#define TWOFOLD_SERVER_RPC_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace twofold {

// Says who may connect to a unix socket.
struct SocketAccess {
  mode_t mode = 0600;
  // If unset, the group is that of the process.
  std::optional<gid_t> group;
};

// The sockets that listen on one address. A name with several addresses has several sockets. They
// are non-blocking, and the destructor closes them. Not thread-safe.
class ListeningSockets {
 public:
  ListeningSockets() = default;
  ListeningSockets(ListeningSockets&& other) noexcept;
  ListeningSockets& operator=(ListeningSockets&& other) noexcept;
  ~ListeningSockets() { Close(); }

  const std::vector<int>& descriptors() const { return descriptors_; }
  // The requested address, with the port that the system picked.
  const std::string& address() const { return address_; }

  // Closes the sockets and removes a unix socket's file, unless the path leads to another file by
  // now. Idempotent.
  void Close();

 private:
  friend absl::StatusOr<ListeningSockets> Listen(const std::string& address, const SocketAccess& access);

  std::vector<int> descriptors_;
  std::string address_;
  // The file of a unix socket.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Listens on `host:port` or `unix:/path` (common/address.h). Port 0 picks a free port. UNAVAILABLE
// is one sentence for operators with the system's reason.
//
// An address on which a process listens is never taken over. A unix socket's file is replaced if no
// process listens on it any more, and any other file at its path is left alone. No process can
// connect before the file has the mode and group of `access`. While the file is made, the folder is
// locked (flock(2)), so that of two servers that start at once one is refused. Blocks for up to
// some seconds while others hold that lock.
absl::StatusOr<ListeningSockets> Listen(const std::string& address, const SocketAccess& access);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LISTENING_SOCKET_H_
