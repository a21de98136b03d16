#include "tests/rpc/rpc_harness.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "server/rpc/method_table.h"

namespace twofold {
namespace {

template <typename T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::cerr << "rpc harness: " << result.status() << "\n";
    std::abort();
  }
  return *std::move(result);
}

std::vector<std::string> MethodNames() {
  std::vector<std::string> names;
  for (const Method& method : MethodTable()) names.emplace_back(method.name);
  return names;
}

}  // namespace

RpcHarness::RpcHarness(const std::string& storage_uri, const Limits& limits, EngineHarness::Wrapper wrap,
                       int64_t max_in_flight)
    : inside_(storage_uri, limits, std::move(wrap)) {
  AuditSettings audit;
  audit.destination = folder_.File("audit");
  audit_ = Must(OpenAuditLog(audit, inside_.clock()));
  metrics_ = NewMetrics(MethodNames(), CallOutcomes(), "test");
  observer_ = std::make_unique<CallObserver>(*audit_, *metrics_);
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.max_in_flight = max_in_flight;
  server_ = Must(StartRpcServer(settings, *observer_, access_));
  server_->Serve(inside_.engine());
  stub_ = v1::TwoFactorService::NewStub(NewChannel());
}

RpcHarness::~RpcHarness() {
  stub_.reset();
  server_.reset();
}

std::string RpcHarness::AuditLines() {
  audit_.reset();
  std::ifstream in(folder_.File("audit"));
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::unique_ptr<RpcServer> RpcHarness::StartAnother(const RpcServerSettings& settings) {
  return StartAnother(settings, access_);
}

std::unique_ptr<RpcServer> RpcHarness::StartAnother(const RpcServerSettings& settings,
                                                    const AccessControl& access) {
  std::unique_ptr<RpcServer> server = Must(StartRpcServer(settings, *observer_, access));
  server->Serve(inside_.engine());
  return server;
}

std::shared_ptr<grpc::Channel> RpcHarness::NewChannel() const {
  return grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
}

grpc::Status RpcHarness::Verify(const v1::VerifyRequest& request) {
  grpc::ClientContext context;
  v1::VerifyResponse response;
  return stub_->Verify(&context, request, &response);
}

}  // namespace twofold
