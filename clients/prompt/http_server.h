#ifndef TWOFOLD_CLIENTS_PROMPT_HTTP_SERVER_H_
#define TWOFOLD_CLIENTS_PROMPT_HTTP_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asio/any_io_executor.hpp"
#include "clients/prompt/http.h"
#include "common/task.h"

namespace twofold {

// Serves HTTP/1.1 to browsers. TLS is the business of the proxy in front.
//
// Everything that a client can send is bounded: 32 KiB for the line and the headers, 64 KiB for a body,
// which is a form (application/x-www-form-urlencoded), 10 s of silence, and 1,000 connections, of which
// further ones are closed. A connection that waits for its answer holds no thread.
class HttpServer {
 public:
  // Called on the executor. It must not throw.
  using Handler = std::function<Task<HttpResponse>(HttpRequest request)>;

  virtual ~HttpServer() = default;

  // The address that it listens on, with the port that the system picked: "127.0.0.1:7480".
  virtual std::string address() const = 0;

  // Takes no further connections, and waits for the requests under way. Returns false if some are still
  // under way after `timeout`. The process must then end without the destructor. Blocks.
  virtual bool Drain(absl::Duration timeout) = 0;
};

// `address` is host:port. The executor has one thread and outlives the server. UNAVAILABLE: the server
// cannot listen there. INVALID_ARGUMENT: it is no such address. The process must ignore SIGPIPE.
absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(const std::string& address,
                                                            asio::any_io_executor executor,
                                                            HttpServer::Handler handler);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_HTTP_SERVER_H_
