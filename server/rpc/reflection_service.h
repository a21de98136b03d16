#ifndef TWOFOLD_SERVER_RPC_REFLECTION_SERVICE_H_
#define TWOFOLD_SERVER_RPC_REFLECTION_SERVICE_H_

#include <atomic>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "server/rpc/request_loop.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace twofold {

// Bounds what reflection may use of a server.
struct ReflectionBounds {
  // The number of streams at the same time. Further ones are answered RESOURCE_EXHAUSTED.
  int streams = 32;
  // A stream is cancelled after this time in any case.
  absl::Duration lifetime = absl::Minutes(1);
};

// Serves grpc.reflection.v1 and v1alpha on request loops. gRPC's own implementation serves every
// server of the process once it is on, and keeps a thread for each open stream.
class ReflectionService {
 public:
  explicit ReflectionService(const ReflectionBounds& bounds = {});
  ~ReflectionService();
  ReflectionService(const ReflectionService&) = delete;
  ReflectionService& operator=(const ReflectionService&) = delete;

  // Register these before the server is built. This object owns them.
  std::vector<grpc::Service*> services();
  // Call it after the server is built and before the loop runs. The loop must outlive the service.
  void Serve(RequestLoop& loop);
  // Ends every stream, so that none delays the end of the server. Thread-safe. Do not call this
  // after the queues of the loops are shut down.
  void Shutdown();

 private:
  class Raw;
  class StreamCall;
  struct LoopState;

  const ReflectionBounds bounds_;
  const std::vector<std::unique_ptr<Raw>> raw_;
  std::atomic<bool> ending_{false};
  std::atomic<int> streams_{0};
  std::vector<std::unique_ptr<LoopState>> loops_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_REFLECTION_SERVICE_H_
