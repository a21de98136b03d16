#include "clients/prompt/client_address.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "asio/ip/address.hpp"

namespace twofold {
namespace {

using asio::ip::address;

// An IPv4 address that came in by an IPv6 socket counts as what it is.
address Plain(const address& given) {
  if (!given.is_v6() || !given.to_v6().is_v4_mapped()) return given;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, given.to_v6());
}

}  // namespace

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(absl::string_view text) {
  TrustedProxies proxies;
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const std::string one(absl::StripAsciiWhitespace(part));
    const bool v6 = absl::StrContains(one, ':');
    const std::string network = absl::StrContains(one, '/') ? one : absl::StrCat(one, v6 ? "/128" : "/32");
    asio::error_code error;
    if (v6) {
      proxies.v6_.push_back(asio::ip::make_network_v6(network, error));
    } else {
      proxies.v4_.push_back(asio::ip::make_network_v4(network, error));
    }
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", absl::CHexEscape(one), "\" is no address and no network such as 10.0.0.0/8"));
    }
  }
  return proxies;
}

bool TrustedProxies::Trusts(const address& given) const {
  if (given.is_v4()) {
    return std::any_of(v4_.begin(), v4_.end(), [&](const asio::ip::network_v4& network) {
      const asio::ip::network_v4 host(given.to_v4(), 32);
      return host == network || host.is_subnet_of(network);
    });
  }
  return std::any_of(v6_.begin(), v6_.end(), [&](const asio::ip::network_v6& network) {
    const asio::ip::network_v6 host(given.to_v6(), 128);
    return host == network || host.is_subnet_of(network);
  });
}

std::string TrustedProxies::ClientOf(absl::string_view peer, absl::string_view forwarded) const {
  asio::error_code error;
  address client = Plain(asio::ip::make_address(std::string(peer), error));
  if (error) return "";
  std::vector<absl::string_view> hops = absl::StrSplit(forwarded, ',', absl::SkipWhitespace());
  while (Trusts(client) && !hops.empty()) {
    const address hop = asio::ip::make_address(std::string(absl::StripAsciiWhitespace(hops.back())), error);
    if (error) break;
    client = Plain(hop);
    hops.pop_back();
  }
  return client.to_string();
}

}  // namespace twofold
