#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "asio/executor_work_guard.hpp"
#include "asio/io_context.hpp"
#include "asio/post.hpp"
#include "clients/cpp/tls.h"
#include "clients/prompt/http_server.h"
#include "clients/prompt/options.h"
#include "clients/prompt/page_metrics.h"
#include "clients/prompt/prompt_api.h"
#include "clients/prompt/prompt_pages.h"
#include "common/async.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "common/steady.h"
#include "server/ops/log.h"
#include "server/ops/ops_server.h"
#include "server/ops/process.h"
#include "server/ops/service_manager.h"

namespace twofold {
namespace {

// How long requests under way may delay the end.
constexpr absl::Duration kDrain = absl::Seconds(5);
constexpr absl::Duration kClosing = absl::Seconds(1);
// A wait for something that may never come.
constexpr absl::Duration kLongWait = absl::Hours(24);

[[noreturn]] void End(int exit_code) {
  StderrWriter().Close();
  _exit(exit_code);
}

int Fail(const absl::Status& status) {
  WritePlainLine(absl::StrCat("twofold-prompt: ", status.message()));
  return 1;
}

// The thread on which all pages are made.
class PageThread {
 public:
  PageThread() : guard_(asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}
  ~PageThread() {
    guard_.reset();
    thread_.join();
  }
  PageThread(const PageThread&) = delete;
  PageThread& operator=(const PageThread&) = delete;

  asio::any_io_executor executor() { return context_.get_executor(); }

  // Returns whether the thread takes work within `time`. Blocks that long at most.
  bool Answers(absl::Duration time) {
    const auto taken = std::make_shared<SteadyEvent>();
    asio::post(context_, [taken] { taken->Set(); });
    return taken->WaitFor(time);
  }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  std::thread thread_;
};

Task<HttpResponse> Measured(PromptPages& pages, PageMetrics& metrics, const std::string& prefix,
                            HttpRequest request) {
  const SteadyTime begin = SteadyNow();
  const std::string method = request.method;
  const std::string path(absl::StripPrefix(request.path, prefix));
  Task<HttpResponse> handled = pages.Handle(std::move(request));
  HttpResponse response = co_await std::move(handled);
  metrics.Answered(method, path, response.status, TimeSince(begin));
  co_return response;
}

absl::StatusOr<ClientOptions> ClientOptionsOf(const PromptOptions& options) {
  ClientOptions client;
  client.address = options.server;
  client.server_name = options.server_name;
  if (!options.tls.ca.empty()) {
    TWOFOLD_ASSIGN_OR_RETURN(client.credentials, LoadTlsCredentials(options.tls));
  }
  return client;
}

absl::Status Serve(const PromptOptions& options, SteadyEvent& stop) {
  TWOFOLD_ASSIGN_OR_RETURN(const ClientOptions client, ClientOptionsOf(options));
  TWOFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<PromptApi> api, PromptApi::New(client));
  TWOFOLD_ASSIGN_OR_RETURN(Theme theme, ReadTheme(options.theme));
  // Unlike "this service", a host stands in any sentence of any language as it is.
  if (theme.name.empty()) theme.name = options.public_url.host();
  PageSettings settings{options.public_url, options.trusted_proxies, std::move(theme), SystemClock()};
  PromptPages pages(*api, std::move(settings));
  PageMetrics metrics;
  PageThread thread;
  const std::string prefix = options.public_url.prefix;
  TWOFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<HttpServer> server,
                           StartHttpServer(options.listen, thread.executor(), [&](HttpRequest request) {
                             return Measured(pages, metrics, prefix, std::move(request));
                           }));
  std::unique_ptr<OpsServer> ops;
  if (!options.ops_listen.empty()) {
    OpsPages ops_pages;
    ops_pages.metrics = [&metrics] { return metrics.RenderText(); };
    ops_pages.ready = [&api] {
      return api->IsConnected() ? absl::OkStatus() : absl::UnavailableError("the server cannot be reached");
    };
    TWOFOLD_ASSIGN_OR_RETURN(ops, StartOpsServer(options.ops_listen, std::move(ops_pages)));
    LogInfo("metrics and health on http://", ops->address());
  }
  LogInfo("listening on http://", server->address(), " as ", options.public_url.origin, prefix,
          ", calling the server at ", options.server);
  NotifyReady();
  const absl::Duration period = AlivePeriod();
  while (!stop.WaitFor(std::min(period, kLongWait))) {
    if (period < kLongWait && thread.Answers(period / 2)) NotifyAlive();
  }
  LogInfo("stopping");
  NotifyStopping();
  if (!server->Drain(kDrain)) {
    LogWarning("requests were still under way");
    End(0);
  }
  return absl::OkStatus();
}

void HandleSignals(SignalWaiter& signals, SteadyEvent& stop) {
  SignalActions actions;
  actions.reopen = [] { LogInfo("SIGHUP changes nothing here"); };
  actions.stop = [&stop] { stop.Set(); };
  actions.end_at_once = [](const std::string& why) {
    LogError("ending at once: ", why);
    End(1);
  };
  HandleSignals(signals, kDrain + kClosing, std::move(actions));
}

int Main(int argc, char** argv) {
  SignalWaiter signals;
  const absl::StatusOr<PromptOptions> options = ParsePromptOptions(argc, argv);
  if (!options.ok()) return Fail(options.status());
  if (!options->exit_text.empty()) {
    std::cout << options->exit_text;
    return 0;
  }
  const absl::Status hardened = HardenProcess();
  if (!hardened.ok()) return Fail(hardened);
  KeepLogThroughAborts();
  SteadyEvent stop;
  HandleSignals(signals, stop);
  const absl::Status served = Serve(*options, stop);
  if (!served.ok()) End(Fail(served));
  LogInfo("stopped");
  End(0);
}

}  // namespace
}  // namespace twofold

int main(int argc, char** argv) { return twofold::Main(argc, argv); }
