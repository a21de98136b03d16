#ifndef TWOFOLD_TESTS_RPC_RPC_HARNESS_H_
#define TWOFOLD_TESTS_RPC_RPC_HARNESS_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "server/access/access_control.h"
#include "server/ops/audit.h"
#include "server/ops/metrics.h"
#include "server/rpc/call_observer.h"
#include "server/rpc/rpc_server.h"
#include "tests/harness/engine_harness.h"
#include "tests/harness/tool.h"
#include "twofold/v1/admin_service.grpc.pb.h"
#include "twofold/v1/two_factor_service.grpc.pb.h"

namespace twofold {

// EngineHarness behind the real gRPC edge, on a port of its own.
class RpcHarness {
 public:
  explicit RpcHarness(const std::string& storage_uri, const Limits& limits = DefaultLimits(),
                      EngineHarness::Wrapper wrap = nullptr,
                      int64_t max_in_flight = RpcServerSettings().max_in_flight);
  ~RpcHarness();

  EngineHarness& inside() { return inside_; }
  RpcServer& server() { return *server_; }
  Metrics& metrics() { return *metrics_; }
  std::string AuditLines();
  // One more server on the same engine.
  std::unique_ptr<RpcServer> StartAnother(const RpcServerSettings& settings);
  std::unique_ptr<RpcServer> StartAnother(const RpcServerSettings& settings, const AccessControl& access);

  std::shared_ptr<grpc::Channel> NewChannel() const;
  v1::TwoFactorService::Stub& stub() { return *stub_; }

  grpc::Status Verify(const v1::VerifyRequest& request);

 private:
  TempFolder folder_;
  EngineHarness inside_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<CallObserver> observer_;
  AccessControl access_{nullptr};
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::TwoFactorService::Stub> stub_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_RPC_RPC_HARNESS_H_
