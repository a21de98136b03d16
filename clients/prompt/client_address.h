#ifndef TWOFOLD_CLIENTS_PROMPT_CLIENT_ADDRESS_H_
#define TWOFOLD_CLIENTS_PROMPT_CLIENT_ADDRESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asio/ip/address.hpp"
#include "asio/ip/network_v4.hpp"
#include "asio/ip/network_v6.hpp"

namespace twofold {

// The proxies whose word about the client's address counts. A plain value.
class TrustedProxies {
 public:
  // Takes addresses and networks with commas between them, such as "10.0.0.0/8,::1". INVALID_ARGUMENT
  // quotes the part that is neither.
  static absl::StatusOr<TrustedProxies> Parse(absl::string_view text);

  // Returns the address of the client. `peer` is at the other end of the connection, and `forwarded` the
  // header X-Forwarded-For, to which each proxy adds at the end whom it was called by. The last address
  // that is not a trusted proxy's counts, because everything before it can be made up. Returns the last
  // trusted address where the header has no other one or is malformed there.
  std::string ClientOf(absl::string_view peer, absl::string_view forwarded) const;

 private:
  bool Trusts(const asio::ip::address& address) const;

  std::vector<asio::ip::network_v4> v4_;
  std::vector<asio::ip::network_v6> v6_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_CLIENT_ADDRESS_H_
