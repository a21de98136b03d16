#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "clients/cpp/client.h"

namespace twofold {
namespace {

// Retrying every method is safe only because every changing request carries a request_id.
constexpr char kServiceConfig[] = R"({
  "methodConfig": [{
    "name": [{"service": "twofold.v1.TwoFactorService"}, {"service": "twofold.v1.AdminService"}],
    "retryPolicy": {
      "maxAttempts": 3,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})";

}  // namespace

std::shared_ptr<grpc::Channel> NewChannel(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 1);
  // DNS must not replace the policy above.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto credentials = options.credentials ? options.credentials : grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

}  // namespace twofold
