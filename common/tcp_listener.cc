#include "common/tcp_listener.h"

#include "absl/strings/str_cat.h"
#include "asio/io_context.hpp"
#include "asio/ip/tcp.hpp"

namespace twofold {

using asio::ip::tcp;

absl::StatusOr<TcpListener> ListenOnTcp(const std::string& text, const Address& address) {
  const auto failed = [&text](const std::string& why) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", text, ": ", why));
  };
  asio::io_context context;
  asio::error_code error;
  const auto found =
      tcp::resolver(context).resolve(address.host, absl::StrCat(address.port), tcp::resolver::passive, error);
  if (error || found.empty()) return failed("no such address");
  const tcp::endpoint endpoint = found.begin()->endpoint();
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed(error.message());
  const tcp::endpoint bound = acceptor.local_endpoint();
  const std::string host = bound.address().to_string();
  TcpListener listener;
  listener.address =
      absl::StrCat(bound.address().is_v6() ? absl::StrCat("[", host, "]") : host, ":", bound.port());
  listener.socket = acceptor.release();
  return listener;
}

}  // namespace twofold
