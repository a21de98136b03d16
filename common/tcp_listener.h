#ifndef TWOFOLD_COMMON_TCP_LISTENER_H_
#define TWOFOLD_COMMON_TCP_LISTENER_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/address.h"

namespace twofold {

// A listening TCP socket, for a library that serves it.
struct TcpListener {
  // The caller closes it.
  int socket = -1;
  // With the port that the system picked: "127.0.0.1:9464".
  std::string address = {};
};

// Listens on `address`, which is not a unix socket, and which the error calls `text`. UNAVAILABLE: the port
// is taken, or there is no such address. May look up a host name, so it blocks.
absl::StatusOr<TcpListener> ListenOnTcp(const std::string& text, const Address& address);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_TCP_LISTENER_H_
