#include "common/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

// sun_path holds the path and a terminating zero.
constexpr size_t kMaxUnixPath = sizeof(sockaddr_un{}.sun_path) - 1;
constexpr size_t kMaxHost = 253;  // RFC 1035 §2.3.4, in text.

absl::Status NotAnAddress() {
  return absl::InvalidArgumentError("an address is host:port, [IPv6 address]:port or unix:/path");
}

bool IsHostName(absl::string_view host) {
  const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_'; };
  return !host.empty() && host.size() <= kMaxHost && std::all_of(host.begin(), host.end(), allowed);
}

bool IsIpv6(const std::string& host) {
  in6_addr parsed;
  return inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

absl::StatusOr<Address> ParseUnix(absl::string_view path) {
  if (path.empty() || path.front() != '/' || absl::StrContains(path, '\0')) {
    return absl::InvalidArgumentError("a unix socket is unix: and an absolute path");
  }
  if (path.size() > kMaxUnixPath) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of a unix socket has at most ", kMaxUnixPath, " bytes"));
  }
  Address address;
  address.unix_path = std::string(path);
  return address;
}

bool IsLoopbackV6(const in6_addr& ip) {
  if (IN6_IS_ADDR_LOOPBACK(&ip)) return true;
  return IN6_IS_ADDR_V4MAPPED(&ip) && ip.s6_addr[12] == 127;
}

}  // namespace

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "unix:")) return ParseUnix(text);
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return NotAnAddress();
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  Address address;
  if (absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]")) {
    address.host = std::string(host);
    if (!IsIpv6(address.host)) return NotAnAddress();
  } else {
    address.host = std::string(host);
    if (!IsHostName(host)) return NotAnAddress();
  }
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(port, &address.port) || address.port > 65535) {
    return absl::InvalidArgumentError("a port is a number from 0 to 65535, where 0 picks a free one");
  }
  return address;
}

bool IsLoopback(absl::string_view text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) return false;
  if (address->is_unix() || absl::EqualsIgnoreCase(address->host, "localhost")) return true;
  in_addr v4;
  if (inet_pton(AF_INET, address->host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6;
  return inet_pton(AF_INET6, address->host.c_str(), &v6) == 1 && IsLoopbackV6(v6);
}

}  // namespace twofold
