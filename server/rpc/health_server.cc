#include "server/rpc/health_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rpc/health_service.h"
#include "server/rpc/request_loop.h"
#include "server/rpc/server_limits.h"
#include "server/rpc/service_names.h"

namespace twofold {
namespace {

class PlainHealthServer final : public HealthServer {
 public:
  ~PlainHealthServer() override {
    if (server_ == nullptr) return;
    health_.Shutdown();
    server_->Shutdown(std::chrono::system_clock::now());
    loop_->Flush();
    watch_.Stop();
    loop_->queue()->Shutdown();
    thread_.join();
  }

  absl::Status Start(const std::string& listen) {
    grpc::ServerBuilder builder;
    SetServerLimits(builder);
    int port = 0;
    builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(health_.service());
    loop_ = std::make_unique<RequestLoop>(builder.AddCompletionQueue(), watch_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      loop_->queue()->Shutdown();
      loop_->Run();
      return absl::UnavailableError(absl::StrCat("cannot listen on ", listen));
    }
    health_.Serve(*loop_);
    thread_ = std::thread([this] { loop_->Run(); });
    address_ = BoundAddress(listen, port);
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  void SetServing(bool serving) override { health_.SetServing(serving); }

 private:
  HealthService health_;
  DescriptorWatch watch_;
  std::unique_ptr<RequestLoop> loop_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
  std::string address_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HealthServer>> StartHealthServer(const std::string& listen) {
  auto server = std::make_unique<PlainHealthServer>();
  const absl::Status started = server->Start(listen);
  if (!started.ok()) return started;
  return server;
}

}  // namespace twofold
