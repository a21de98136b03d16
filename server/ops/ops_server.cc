#include "server/ops/ops_server.h"

#include <microhttpd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/address.h"
#include "common/status_macros.h"
#include "common/tcp_listener.h"

namespace twofold {
namespace {

constexpr unsigned kThreads = 2;
// The number of connections of all threads. Further ones are closed at once.
constexpr unsigned kMaxConnections = 256;
// The memory for one request's line and headers and for what the library makes of them.
constexpr size_t kMaxConnectionBytes = size_t{16} << 10;
constexpr unsigned kSilenceSeconds = 2;
constexpr char kIndex[] = "Twofold\n/metrics\n/livez\n/readyz\n";
constexpr char kPlain[] = "text/plain; charset=utf-8";

struct Page {
  unsigned status;
  std::string body;
  const char* type = kPlain;
};

Page Answer(const OpsPages& pages, absl::string_view method, absl::string_view path) {
  if (method != "GET" && method != "HEAD") return {MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n"};
  if (path == "/livez") return {MHD_HTTP_OK, "ok\n"};
  if (path == "/readyz") {
    const absl::Status ready = pages.ready();
    if (ready.ok()) return {MHD_HTTP_OK, "ok\n"};
    return {MHD_HTTP_SERVICE_UNAVAILABLE, absl::StrCat(ready.message(), "\n")};
  }
  if (path == "/metrics") return {MHD_HTTP_OK, pages.metrics(), "text/plain; version=0.0.4; charset=utf-8"};
  if (path == "/") return {MHD_HTTP_OK, kIndex};
  return {MHD_HTTP_NOT_FOUND, "not found\n"};
}

MHD_Result Send(MHD_Connection* connection, const Page& page) {
  // The library copies the body. It writes to the memory only in other modes.
  MHD_Response* response = MHD_create_response_from_buffer(
      page.body.size(), const_cast<char*>(page.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.type);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (page.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  const MHD_Result queued = MHD_queue_response(connection, page.status, response);
  MHD_destroy_response(response);
  return queued;
}

// Answers as soon as the headers are read, so that no body is read.
MHD_Result Handle(void* pages, MHD_Connection* connection, const char* path, const char* method,
                  const char* /*version*/, const char* /*body*/, size_t* /*body_size*/, void** /*context*/) {
  return Send(connection, Answer(*static_cast<const OpsPages*>(pages), method, path));
}

class HttpOpsServer final : public OpsServer {
 public:
  explicit HttpOpsServer(OpsPages pages) : pages_(std::move(pages)) {}

  ~HttpOpsServer() override {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  absl::Status Start(const std::string& text, const Address& address) {
    TWOFOLD_ASSIGN_OR_RETURN(const TcpListener listener, ListenOnTcp(text, address));
    address_ = listener.address;
    // The library closes the socket.
    daemon_ =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, &Handle, &pages_,
                         MHD_OPTION_LISTEN_SOCKET, listener.socket, MHD_OPTION_THREAD_POOL_SIZE, kThreads,
                         MHD_OPTION_CONNECTION_LIMIT, kMaxConnections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         kMaxConnectionBytes, MHD_OPTION_CONNECTION_TIMEOUT, kSilenceSeconds, MHD_OPTION_END);
    if (daemon_ == nullptr) return absl::UnavailableError("the HTTP server does not start");
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

 private:
  OpsPages pages_;
  std::string address_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace

absl::StatusOr<std::unique_ptr<OpsServer>> StartOpsServer(const std::string& address, OpsPages pages) {
  TWOFOLD_ASSIGN_OR_RETURN(const Address parsed, ParseAddress(address));
  if (parsed.is_unix()) return absl::InvalidArgumentError("the HTTP port cannot be a unix socket");
  auto server = std::make_unique<HttpOpsServer>(std::move(pages));
  TWOFOLD_RETURN_IF_ERROR(server->Start(address, parsed));
  return server;
}

}  // namespace twofold
