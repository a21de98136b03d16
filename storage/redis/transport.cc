#include "storage/redis/transport.h"

#include <fcntl.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "asio.hpp"
#include "common/async.h"
#include "storage/redis/stream_transport.h"

namespace twofold::redis {
namespace {

using Opened = absl::StatusOr<std::shared_ptr<Transport>>;

absl::Status Failed(const Endpoint& endpoint, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot connect to Redis at ", endpoint.ToString(), ": ", why));
}

std::string Why(const asio::error_code& error, bool expired) {
  return expired ? "it takes too long" : error.message();
}

asio::awaitable<Opened> OpenUnix(asio::io_context& context, Endpoint endpoint, TimePoint until) {
  using Socket = asio::local::stream_protocol::socket;
  // The address of a socket is short; Asio throws for a longer one.
  constexpr size_t kMaxPath = 107;
  if (endpoint.unix_path.size() > kMaxPath) co_return Failed(endpoint, "the path is longer than 107 bytes");
  auto transport = std::make_shared<StreamTransport<Socket>>(Socket(context));
  const Deadline deadline(context, until, [transport] { transport->Close(); });
  asio::error_code error;
  const asio::local::stream_protocol::endpoint address(endpoint.unix_path);
  co_await transport->stream().async_connect(address, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return Failed(endpoint, Why(error, deadline.expired()));
  co_return std::shared_ptr<Transport>(std::move(transport));
}

// Tries each address that the name has.
asio::awaitable<absl::StatusOr<asio::ip::tcp::socket>> ConnectTcp(asio::io_context& context,
                                                                  Endpoint endpoint, TimePoint until) {
  asio::ip::tcp::resolver resolver(context);
  asio::ip::tcp::socket socket(context);
  const Deadline deadline(context, until, [&] {
    asio::error_code ignored;
    resolver.cancel();
    socket.close(ignored);
  });
  asio::error_code error;
  const std::string port = absl::StrCat(endpoint.port);
  const asio::ip::tcp::resolver::results_type found =
      co_await resolver.async_resolve(endpoint.host, port, asio::redirect_error(asio::use_awaitable, error));
  asio::error_code connected = error;
  for (const asio::ip::tcp::resolver::results_type::value_type& address : found) {
    if (deadline.expired()) break;
    socket.close(error);
    co_await socket.async_connect(address.endpoint(), asio::redirect_error(asio::use_awaitable, connected));
    if (!connected) break;
  }
  if (connected || deadline.expired()) co_return Failed(endpoint, Why(connected, deadline.expired()));
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  socket.set_option(asio::socket_base::keep_alive(true), error);
  co_return socket;
}

}  // namespace

asio::awaitable<Opened> OpenTransport(asio::io_context& context, Endpoint endpoint, TlsClient* tls,
                                      TimePoint until) {
  if (!endpoint.unix_path.empty()) {
    Opened opened = co_await OpenUnix(context, endpoint, until);
    co_return opened;
  }
  absl::StatusOr<asio::ip::tcp::socket> socket = co_await ConnectTcp(context, endpoint, until);
  if (!socket.ok()) co_return socket.status();
  if (tls == nullptr) {
    co_return std::make_shared<StreamTransport<asio::ip::tcp::socket>>(*std::move(socket));
  }
  const int descriptor = socket->release();
  Opened opened = co_await tls->Handshake(context, descriptor, endpoint.host, until);
  if (!opened.ok()) {
    const absl::Status failed = Failed(endpoint, opened.status().message());
    co_return absl::Status(opened.status().code(), failed.message());
  }
  co_return opened;
}

}  // namespace twofold::redis
