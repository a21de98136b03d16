#include "server/rpc/rpc_service.h"

#include <utility>

#include "server/rpc/method_table.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/stream_call.h"
#include "server/rpc/unary_call.h"

namespace twofold {
namespace {

// Streams are few.
constexpr size_t kWaitingStreams = 2;

class TableService final : public RpcService {
 public:
  TableService(absl::string_view name, const CallEnvironment& environment)
      : raw_(name), environment_(environment) {}

  grpc::Service* service() override { return &raw_; }

  void Serve(RequestLoop& loop) override {
    for (int number = 0; number < static_cast<int>(raw_.methods().size()); ++number) {
      const size_t index = raw_.methods()[static_cast<size_t>(number)];
      const bool streams = MethodTable()[index].stream != nullptr;
      for (size_t i = 0; i < (streams ? kWaitingStreams : kWaitingCalls); ++i) {
        if (streams) {
          AwaitStreamCall(raw_, number, environment_, loop);
        } else {
          AwaitUnaryCall(raw_, number, environment_, loop);
        }
      }
    }
  }

 private:
  RawService raw_;
  const CallEnvironment& environment_;
};

}  // namespace

std::unique_ptr<RpcService> NewRpcService(absl::string_view name, const CallEnvironment& environment) {
  return std::make_unique<TableService>(name, environment);
}

}  // namespace twofold
