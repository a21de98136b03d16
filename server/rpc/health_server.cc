#include "server/rpc/health_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <thread>
#include <utility>

#include "common/status_macros.h"
#include "server/rpc/grpc_time.h"
#include "server/rpc/health_service.h"
#include "server/rpc/listener.h"
#include "server/rpc/request_loop.h"
#include "server/rpc/server_limits.h"

namespace twofold {
namespace {

// There are few probes.
constexpr int kMaxConnections = 256;

class PlainHealthServer final : public HealthServer {
 public:
  explicit PlainHealthServer(std::function<bool()> ready) {
    if (ready) health_.AlsoAsk(std::move(ready));
  }
  ~PlainHealthServer() override {
    if (server_ == nullptr) return;
    listener_->Stop();
    health_.Shutdown();
    server_->Shutdown(GrpcDeadline(absl::ZeroDuration()));
    loop_->Flush();
    monitor_.Stop();
    loop_->queue()->Shutdown();
    thread_.join();
  }

  absl::Status Start(const std::string& listen, const SocketAccess& access) {
    TWOFOLD_ASSIGN_OR_RETURN(listener_, NewListener({listen, access, kMaxConnections}));
    grpc::ServerBuilder builder;
    SetServerLimits(builder);
    Listener::HandOver hand_over = TakesConnections(builder, grpc::InsecureServerCredentials());
    builder.RegisterService(health_.service());
    loop_ = std::make_unique<RequestLoop>(builder.AddCompletionQueue(), monitor_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      loop_->queue()->Shutdown();
      loop_->Run();
      return absl::InternalError("gRPC does not start its server");
    }
    health_.Serve(*loop_);
    thread_ = std::thread([this] { loop_->Run(); });
    listener_->Start(std::move(hand_over));
    return absl::OkStatus();
  }

  std::string address() const override { return listener_->address(); }

  void SetServing(bool serving) override { health_.SetServing(serving); }

 private:
  HealthService health_;
  DescriptorMonitor monitor_;
  std::unique_ptr<RequestLoop> loop_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HealthServer>> StartHealthServer(const std::string& listen,
                                                                const SocketAccess& access,
                                                                std::function<bool()> ready) {
  auto server = std::make_unique<PlainHealthServer>(std::move(ready));
  const absl::Status started = server->Start(listen, access);
  if (!started.ok()) return started;
  return server;
}

}  // namespace twofold
