#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/cpp/client.h"
#include "common/address.h"

namespace twofold {
namespace {

// Retrying the other methods is safe only because every changing request carries a request_id, or, as
// CancelPrompt, changes nothing more when it comes again. A method that is named by itself has no other
// policy than its own, which here is none.
constexpr char kServiceConfig[] = R"({
  "methodConfig": [{
    "name": [{"service": "twofold.v1.TwoFactorService", "method": "StartChallenge"}]
  }, {
    "name": [
      {"service": "twofold.v1.TwoFactorService"},
      {"service": "twofold.v1.PromptService"},
      {"service": "twofold.v1.AdminService"}
    ],
    "retryPolicy": {
      "maxAttempts": 3,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})";

constexpr int kMaxReconnectBackoffMs = 1000;

absl::StatusOr<Address> ParseServerAddress(absl::string_view text) {
  absl::StatusOr<Address> address = ParseAddress(text);
  if (address.ok() && !address->is_unix() && address->port == 0) {
    return absl::InvalidArgumentError("port 0 is for servers, which pick a free port; name the one picked");
  }
  return address;
}

// gRPC reads a path as that of a URI.
std::string PercentEncode(absl::string_view path) {
  std::string encoded;
  for (const char c : path) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("/-._~", c)) {
      encoded.push_back(c);
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<uint8_t>(c));
    }
  }
  return encoded;
}

// gRPC takes a name before the first colon for a scheme if it knows one. "xds:50051" is a host for
// it only if a scheme stands in front.
std::string TargetOf(const Address& address) {
  if (address.is_unix()) return absl::StrCat("unix:", PercentEncode(address.unix_path));
  const bool is_v6 = absl::StrContains(address.host, ':');
  const std::string host = is_v6 ? absl::StrCat("[", address.host, "]") : address.host;
  return absl::StrCat("dns:///", host, ":", address.port);
}

}  // namespace

absl::Status CheckServerAddress(absl::string_view text) { return ParseServerAddress(text).status(); }

absl::StatusOr<std::shared_ptr<grpc::Channel>> NewChannel(const ClientOptions& options) {
  const absl::StatusOr<Address> address = ParseServerAddress(options.address);
  if (!address.ok()) return address.status();
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 1);
  // DNS must not replace the service config above.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // gRPC would wait for up to two minutes between attempts, so that a server is back long before its callers.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectBackoffMs);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  const auto credentials = options.credentials ? options.credentials : grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(TargetOf(*address), credentials, arguments);
}

}  // namespace twofold
