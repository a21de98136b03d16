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

// How much of a server reflection may take.
struct ReflectionBounds {
  // Streams at once; more are answered RESOURCE_EXHAUSTED.
  int streams = 32;
  // A stream is cancelled after this time, whatever it does.
  absl::Duration lifetime = absl::Minutes(1);
};

// grpc.reflection.v1 and v1alpha of what this server answers, on request loops. gRPC's own implementation
// serves every server of the process once it is on, and keeps a thread for each open stream.
class ReflectionService {
 public:
  explicit ReflectionService(const ReflectionBounds& bounds = {});
  ~ReflectionService();
  ReflectionService(const ReflectionService&) = delete;
  ReflectionService& operator=(const ReflectionService&) = delete;

  // To be registered before the server is built. Owned by this.
  std::vector<grpc::Service*> services();
  // After the server is built, before the loop runs; the loop outlives the service.
  void Serve(RequestLoop& loop);
  // Ends every stream, so that none holds up the server's end. Thread-safe; not after the loops' queues are
  // shut down.
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
