#ifndef TWOFOLD_COMMON_ADDRESS_H_
#define TWOFOLD_COMMON_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// The address of a server: `host:port`, `[v6]:port` or `unix:/path`.
struct Address {
  std::string host;  // Without brackets. Empty for a unix socket.
  int port = 0;      // 0: listen on any free port.
  std::string unix_path;

  bool is_unix() const { return !unix_path.empty(); }
};

// INVALID_ARGUMENT says what is allowed. Host names are not looked up.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

// Whether only this machine can reach `text`: 127.0.0.0/8, ::1, the name localhost (RFC 6761 §6.3)
// or a unix socket. False for every other name, and for a text that is not an address.
bool IsLoopback(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_ADDRESS_H_
