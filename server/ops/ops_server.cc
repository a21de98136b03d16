#include "server/ops/ops_server.h"

#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/status_macros.h"
#include "server/ops/address.h"

namespace twofold {
namespace {

constexpr int kThreads = 2;
constexpr size_t kMaxWaiting = 16;
constexpr time_t kTimeoutSeconds = 2;
constexpr char kIndex[] = "Twofold\n/metrics\n/livez\n/readyz\n";
constexpr char kPlain[] = "text/plain; charset=utf-8";

// The library's own pool has a queue without end. Here the accepting thread waits, and then the kernel's
// backlog fills.
class BoundedPool final : public httplib::TaskQueue {
 public:
  BoundedPool() {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
  }

  void enqueue(std::function<void()> task) override {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &BoundedPool::HasRoom));
    tasks_.push_back(std::move(task));
  }

  void shutdown() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return tasks_.size() < kMaxWaiting; }
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !tasks_.empty(); }

  void Run() {
    for (;;) {
      std::function<void()> task;
      {
        absl::MutexLock lock(&mutex_, absl::Condition(this, &BoundedPool::HasWork));
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

void Answer(const OpsPages& pages, const httplib::Request& request, httplib::Response& response) {
  if (request.path == "/livez") {
    response.set_content("ok\n", kPlain);
  } else if (request.path == "/readyz") {
    const absl::Status ready = pages.ready();
    response.status = ready.ok() ? 200 : 503;
    response.set_content(ready.ok() ? "ok\n" : absl::StrCat(ready.message(), "\n"), kPlain);
  } else if (request.path == "/metrics") {
    response.set_content(pages.metrics(), "text/plain; version=0.0.4; charset=utf-8");
  } else if (request.path == "/") {
    response.set_content(kIndex, kPlain);
  } else {
    response.status = 404;
    response.set_content("not found\n", kPlain);
  }
}

class HttpOpsServer final : public OpsServer {
 public:
  explicit HttpOpsServer(OpsPages pages) : pages_(std::move(pages)) {
    server_.new_task_queue = [] { return new BoundedPool; };
    // The library's default, SO_REUSEPORT, would let two servers share one port without a word.
    server_.set_socket_options([](int socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    server_.set_keep_alive_timeout(kTimeoutSeconds);  // Also the time that a first request may take to begin.
    server_.set_read_timeout(kTimeoutSeconds);
    server_.set_write_timeout(kTimeoutSeconds);
    server_.set_keep_alive_max_count(1);
    server_.set_payload_max_length(0);
    // All routing is done before the library would read a body, which nothing here has a use for.
    server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      response.status = 200;
      if (request.method == "GET" || request.method == "HEAD") {
        Answer(pages_, request, response);
      } else {
        response.status = 405;
        response.set_header("Allow", "GET, HEAD");
        response.set_content("only GET and HEAD\n", kPlain);
      }
      return httplib::Server::HandlerResponse::Handled;
    });
  }

  ~HttpOpsServer() override {
    if (!thread_.joinable()) return;
    // stop() does nothing before the loop runs.
    while (!server_.is_running()) std::this_thread::yield();
    server_.stop();
    thread_.join();
  }

  absl::Status Start(const std::string& text, const Address& address) {
    const bool v6 = absl::StrContains(address.host, ':');
    errno = 0;
    const int port = Bind(address);
    if (port < 0) {
      const std::string reason = errno == 0 ? "no such address" : std::strerror(errno);
      return absl::UnavailableError(absl::StrCat("cannot listen on ", text, ": ", reason));
    }
    address_ = v6 ? absl::StrCat("[", address.host, "]:", port) : absl::StrCat(address.host, ":", port);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

 private:
  int Bind(const Address& address) {
    if (address.port == 0) return server_.bind_to_any_port(address.host);
    return server_.bind_to_port(address.host, address.port) ? address.port : -1;
  }

  const OpsPages pages_;
  httplib::Server server_;
  std::string address_;
  std::thread thread_;
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
