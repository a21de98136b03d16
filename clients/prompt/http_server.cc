#include "clients/prompt/http_server.h"

#include <microhttpd.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <utility>

#include "clients/prompt/http_exchange.h"
#include "common/address.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "common/tcp_listener.h"

namespace twofold {
namespace {

constexpr unsigned kMaxConnections = 1000;
// For the request's line and headers, and for what the library makes of them. A browser may bring the
// cookies of several prompts, of 4 KB each.
constexpr size_t kMaxConnectionBytes = size_t{48} << 10;
constexpr unsigned kSilenceSeconds = 10;

class MicrohttpdServer final : public HttpServer {
 public:
  MicrohttpdServer(asio::any_io_executor executor, Handler handler)
      : executor_(std::move(executor)), handler_(std::move(handler)) {}

  ~MicrohttpdServer() override {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  absl::Status Start(const std::string& text, const Address& address) {
    TWOFOLD_ASSIGN_OR_RETURN(const TcpListener listener, ListenOnTcp(text, address));
    address_ = listener.address;
    daemon_ =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr,
                         &MicrohttpdServer::Take, this, MHD_OPTION_LISTEN_SOCKET, listener.socket,
                         MHD_OPTION_CONNECTION_LIMIT, kMaxConnections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         kMaxConnectionBytes, MHD_OPTION_CONNECTION_TIMEOUT, kSilenceSeconds,
                         MHD_OPTION_NOTIFY_COMPLETED, &MicrohttpdServer::Forget, nullptr, MHD_OPTION_END);
    if (daemon_ == nullptr) {
      close(listener.socket);
      return absl::UnavailableError("the HTTP server does not start");
    }
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  bool Drain(absl::Duration timeout) override {
    const int socket = MHD_quiesce_daemon(daemon_);
    if (socket >= 0) close(socket);
    return under_way_.WaitForNone(timeout);
  }

 private:
  // The library calls it when the headers are there, for each piece of the body, at the body's end, and
  // once more when the connection is resumed.
  static MHD_Result Take(void* self, MHD_Connection* connection, const char* path, const char* method,
                         const char* /*version*/, const char* data, size_t* size, void** context) {
    auto* exchange = static_cast<HttpExchange*>(*context);
    if (exchange == nullptr) {
      exchange = new HttpExchange(connection, path, method);
      *context = exchange;
      if (exchange->refusal() == 0) return MHD_YES;
      HttpResponse refusal;
      refusal.status = exchange->refusal();
      refusal.headers = {{MHD_HTTP_HEADER_CONNECTION, "close"}};
      if (refusal.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        refusal.headers.emplace_back(MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST");
      }
      return SendResponse(connection, refusal);
    }
    if (*size > 0) {
      // Closes the connection if the body is refused.
      if (!exchange->TakeBody(data, *size)) return MHD_NO;
      *size = 0;
      return MHD_YES;
    }
    const std::optional<HttpResponse>& response = exchange->response();
    if (response.has_value()) return SendResponse(connection, *response);
    if (!exchange->handed_over && !exchange->EndBody()) return MHD_NO;
    if (!exchange->handed_over) static_cast<MicrohttpdServer*>(self)->HandOver(connection, *exchange);
    return MHD_YES;
  }

  void HandOver(MHD_Connection* connection, HttpExchange& exchange) {
    exchange.handed_over = true;
    under_way_.Begin();
    MHD_suspend_connection(connection);
    asio::post(executor_, [this, connection, &exchange] {
      twofold::Start(executor_, handler_(std::move(exchange.request())),
                     [this, connection, &exchange](Task<HttpResponse> ended) {
                       exchange.set_response(ended.TakeResult());
                       MHD_resume_connection(connection);
                       under_way_.End();
                     });
    });
  }

  static void Forget(void* /*self*/, MHD_Connection* /*connection*/, void** context,
                     enum MHD_RequestTerminationCode /*why*/) {
    delete static_cast<HttpExchange*>(*context);
    *context = nullptr;
  }

  const asio::any_io_executor executor_;
  const Handler handler_;
  InFlight under_way_;
  std::string address_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(const std::string& address,
                                                            asio::any_io_executor executor,
                                                            HttpServer::Handler handler) {
  TWOFOLD_ASSIGN_OR_RETURN(const Address parsed, ParseAddress(address));
  if (parsed.is_unix()) return absl::InvalidArgumentError("the HTTP port cannot be a unix socket");
  auto server = std::make_unique<MicrohttpdServer>(std::move(executor), std::move(handler));
  TWOFOLD_RETURN_IF_ERROR(server->Start(address, parsed));
  return server;
}

}  // namespace twofold
