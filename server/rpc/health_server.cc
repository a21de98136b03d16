#include "server/rpc/health_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rpc/service_names.h"

namespace twofold {
namespace {

class PlainHealthServer final : public HealthServer {
 public:
  ~PlainHealthServer() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    queue_->Shutdown();
    if (poller_.joinable()) poller_.join();
  }

  absl::Status Start(const std::string& listen) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    // gRPC builds no server that has neither a service of ours nor a polled queue.
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    poller_ = std::thread([queue = queue_.get()] {
      void* tag = nullptr;
      bool ok = false;
      while (queue->Next(&tag, &ok)) {
      }
    });
    if (server_ == nullptr) return absl::UnavailableError(absl::StrCat("cannot listen on ", listen));
    address_ = BoundAddress(listen, port);
    SetServing(false);
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  void SetServing(bool serving) override { SetHealth(*server_, serving); }

 private:
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread poller_;
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
