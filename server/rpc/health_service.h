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

// Serves grpc.health.v1 for "" and both services on request loops. gRPC's own implementation adds
// threads that poll every connection of the server, which takes a quarter of the server's time.
class HealthService {
 public:
  HealthService();
  ~HealthService();
  HealthService(const HealthService&) = delete;
  HealthService& operator=(const HealthService&) = delete;

  // Register this before the server is built.
  grpc::Service* service() { return &service_; }
  // Call it after the server is built and before the loop runs. The loop must outlive the service.
  void Serve(RequestLoop& loop);

  // While `ready` returns false, nothing is serving, whatever was set. Call this before the service
  // serves. `ready` is called on the loops and must not block.
  void AlsoAsk(std::function<bool()> ready) { ready_ = std::move(ready); }

  // The status is not serving at first. Thread-safe. Do not call this after the queues of the loops
  // are shut down.
  void SetServing(bool serving);
  // Reports NOT_SERVING and ends every Watch, so that none delays the end of the server.
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
