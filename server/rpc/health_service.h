#ifndef TWOFOLD_SERVER_RPC_HEALTH_SERVICE_H_
#define TWOFOLD_SERVER_RPC_HEALTH_SERVICE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/request_loop.h"

namespace twofold {

// grpc.health.v1 of "" and of both services, on request loops. gRPC's own implementation brings threads that
// poll every connection of the server and so take a quarter of its time.
class HealthService {
 public:
  HealthService();
  ~HealthService();
  HealthService(const HealthService&) = delete;
  HealthService& operator=(const HealthService&) = delete;

  // To be registered before the server is built.
  grpc::Service* service() { return &service_; }
  // After the server is built, before the loop runs; the loop outlives the service.
  void Serve(RequestLoop& loop);

  // Before it serves: while `ready` says no, nothing is serving, whatever was set. Called on the loops; must
  // not block.
  void AlsoAsk(std::function<bool()> ready) { ready_ = std::move(ready); }

  // Not serving at first. Thread-safe; not after the loops' queues are shut down.
  void SetServing(bool serving);
  // Says NOT_SERVING and ends every Watch, so that none holds up the server's end.
  void Shutdown();

 private:
  class CheckCall;
  class WatchCall;
  struct LoopState;

  grpc::health::v1::HealthCheckResponse::ServingStatus StatusOf(const std::string& name) const;
  static bool Knows(const std::string& name);
  void Tell();

  grpc::health::v1::Health::AsyncService service_;
  std::function<bool()> ready_ = [] { return true; };
  std::atomic<bool> serving_{false};
  std::atomic<bool> ending_{false};
  std::atomic<int> watchers_{0};
  std::vector<std::unique_ptr<LoopState>> loops_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_HEALTH_SERVICE_H_
