#include "server/rpc/rpc_server.h"

#include <grpc/grpc.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "common/steady.h"
#include "server/rpc/grpc_time.h"
#include "server/rpc/health_service.h"
#include "server/rpc/listener.h"
#include "server/rpc/request_loop.h"
#include "server/rpc/rpc_service.h"
#include "server/rpc/server_limits.h"
#include "server/rpc/service_names.h"
#include "server/rpc/tls_credentials.h"

namespace twofold {
namespace {

class LoopServer final : public RpcServer {
 public:
  LoopServer(CallObserver& observer, const AccessControl& access, const RpcServerSettings& settings)
      : environment_{engine_,
                     observer,
                     access,
                     settings.caller_header,
                     in_flight_,
                     streams_,
                     settings.max_in_flight},
        reflection_(settings.reflection_bounds) {
    for (const char* const name : kApiServices) services_.push_back(NewRpcService(name, environment_));
  }

  ~LoopServer() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Start(const RpcServerSettings& settings) {
    if (settings.ready) health_.AlsoAsk(settings.ready);
    TWOFOLD_ASSIGN_OR_RETURN(listener_,
                             NewListener({settings.listen, settings.access, settings.max_connections}));
    grpc::ServerBuilder builder;
    SetServerLimits(builder);
    Listener::HandOver hand_over = TakesConnections(
        builder, settings.tls != nullptr ? NewTlsCredentials(*settings.tls, settings.tls_session_life)
                                         : grpc::InsecureServerCredentials());
    for (const auto& service : services_) builder.RegisterService(service->service());
    builder.RegisterService(health_.service());
    if (settings.reflection) {
      for (grpc::Service* service : reflection_.services()) builder.RegisterService(service);
    }
    if (settings.further_service != nullptr) builder.RegisterService(settings.further_service->service());
    for (int i = 0; i < settings.threads; ++i) {
      loops_.push_back(std::make_unique<RequestLoop>(builder.AddCompletionQueue(), monitor_));
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      for (auto& loop : loops_) loop->queue()->Shutdown();
      StartThreads();
      JoinThreads();
      return absl::InternalError("gRPC does not start its server");
    }
    for (auto& loop : loops_) {
      for (const auto& service : services_) service->Serve(*loop);
      health_.Serve(*loop);
      if (settings.reflection) reflection_.Serve(*loop);
      if (settings.further_service != nullptr) settings.further_service->Serve(*loop);
    }
    StartThreads();
    listener_->Start(std::move(hand_over));
    return absl::OkStatus();
  }

  std::string address() const override { return listener_->address(); }

  void SetServing(bool serving) override { health_.SetServing(serving); }

  void Serve(Engine& engine) override { engine_.store(&engine, std::memory_order_release); }

  void WakeLoops() override {
    for (auto& loop : loops_) loop->Post([] {});
  }

  bool Answers(absl::Duration time) override {
    // A loop may run the work after the time is up.
    struct Roll {
      explicit Roll(size_t loops) : missing(loops) {}
      std::atomic<size_t> missing;
      SteadyEvent complete;
    };
    const auto roll = std::make_shared<Roll>(loops_.size());
    for (auto& loop : loops_) {
      loop->Post([roll] {
        if (--roll->missing == 0) roll->complete.Set();
      });
    }
    return roll->complete.WaitFor(time);
  }

  void Shutdown(absl::Duration grace) override {
    if (server_ == nullptr) return;
    listener_->Stop();
    health_.Shutdown();
    reflection_.Shutdown();
    CloseConnections(SteadyAfter(grace));
    // Cancelled flows still end on their loop. Storage answers everything that it was given, and
    // its threads wake the loops for it at the end of their turns. After that nothing can use the
    // queues.
    for (auto& loop : loops_) loop->Flush();
    in_flight_.WaitForNone(absl::InfiniteDuration());
    monitor_.Stop();
    for (auto& loop : loops_) loop->AwaitPosters();
    for (auto& loop : loops_) loop->queue()->Shutdown();
    JoinThreads();
    server_.reset();
  }

 private:
  // grpc::Server::Shutdown waits for every connection, and so for a silent peer. This waits for
  // calls only.
  void CloseConnections(SteadyTime deadline) {
    grpc_completion_queue* const closed = grpc_completion_queue_create_for_next(nullptr);
    grpc_server_shutdown_and_notify(server_->c_server(), closed, nullptr);
    // A call may have arrived that its loop has not seen and counted yet.
    for (auto& loop : loops_) loop->Flush();
    in_flight_.WaitForNone(TimeUntil(deadline));
    const absl::Duration farewell = std::min(kFarewell, TimeUntil(deadline));
    if (grpc_completion_queue_next(closed, GrpcDeadline(farewell), nullptr).type == GRPC_QUEUE_TIMEOUT) {
      grpc_server_cancel_all_calls(server_->c_server());
      grpc_completion_queue_next(closed, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
    }
    grpc_completion_queue_shutdown(closed);
    grpc_completion_queue_next(closed, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
    grpc_completion_queue_destroy(closed);
    server_->Shutdown(GrpcDeadline(absl::ZeroDuration()));
  }

  void StartThreads() {
    for (auto& loop : loops_) threads_.emplace_back([&loop] { loop->Run(); });
  }

  void JoinThreads() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  InFlight in_flight_;
  InFlight streams_;
  std::atomic<Engine*> engine_{nullptr};
  const CallEnvironment environment_;
  std::vector<std::unique_ptr<RpcService>> services_;
  HealthService health_;
  ReflectionService reflection_;
  DescriptorMonitor monitor_;
  std::vector<std::unique_ptr<RequestLoop>> loops_;
  std::vector<std::thread> threads_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> StartRpcServer(const RpcServerSettings& settings,
                                                          CallObserver& observer,
                                                          const AccessControl& access) {
  auto server = std::make_unique<LoopServer>(observer, access, settings);
  const absl::Status started = server->Start(settings);
  if (!started.ok()) return started;
  return server;
}

}  // namespace twofold
