#ifndef TWOFOLD_STORAGE_REDIS_ENDPOINT_H_
#define TWOFOLD_STORAGE_REDIS_ENDPOINT_H_

#include <cstdint>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace twofold::redis {

// The address of a Redis server: a host and a port, or a unix socket.
struct Endpoint {
  // A name or an address, IPv6 without brackets.
  std::string host;
  uint16_t port = 0;
  // An absolute path. Host and port are unused when it is not empty.
  std::string unix_path;

  std::string ToString() const {
    if (!unix_path.empty()) return unix_path;
    if (absl::StrContains(host, ":")) return absl::StrCat("[", host, "]:", port);
    return absl::StrCat(host, ":", port);
  }

  friend bool operator==(const Endpoint& a, const Endpoint& b) {
    return std::tie(a.host, a.port, a.unix_path) == std::tie(b.host, b.port, b.unix_path);
  }
  friend bool operator<(const Endpoint& a, const Endpoint& b) {
    return std::tie(a.host, a.port, a.unix_path) < std::tie(b.host, b.port, b.unix_path);
  }
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_ENDPOINT_H_
