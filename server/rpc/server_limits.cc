#include "server/rpc/server_limits.h"

#include <grpcpp/resource_quota.h>

#include <memory>
#include <utility>

namespace twofold {
namespace {

// Requests are small. The limit only has to let an oversized code be answered like any other
// malformed one.
constexpr int kMaxRequestBytes = 2 << 20;
constexpr int kMaxMetadataBytes = 8 << 10;
// Callers beyond this limit wait in their own library and see no rejection. A few connections reach
// the number of calls at which the server rejects (rpc_server.h). docs/adr/0016-own-listener.md
// explains the choice.
constexpr int kMaxStreamsPerConnection = 512;
// The quota counts the bytes of messages and buffers. It does not count calls and streams, of about
// 13 KB each.
constexpr size_t kMaxMemoryBytes = size_t{256} << 20;
// The time from the connection's beginning to the client's SETTINGS, the TLS handshake included.
constexpr int kHandshakeMs = 5 * 1000;
// The time without a call. It must be below TrafficHistory::kStall.
constexpr int kConnectionIdleMs = 60 * 1000;
// Clients reconnect from time to time, so that new replicas get their share.
constexpr int kConnectionAgeMs = 5 * 60 * 1000;
constexpr int kConnectionAgeGraceMs = 30 * 1000;
constexpr int kKeepaliveMs = 60 * 1000;
// gRPC ends a connection at the third PING that comes sooner.
constexpr int kMinPingIntervalMs = 10 * 1000;

}  // namespace

void SetServerLimits(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("twofold");
  quota.Resize(kMaxMemoryBytes);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  // gRPC inflates a message before it checks its size, and outside of the quota. 2 MiB of gzip hold
  // 2 GiB. A compressed request is therefore malformed.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  // Windows stay at 64 KiB, which is more than requests need. A peer cannot send more data than
  // this without an answer (traffic.h).
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdleMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kConnectionAgeGraceMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingIntervalMs);
}

Listener::HandOver TakesConnections(grpc::ServerBuilder& builder,
                                    std::shared_ptr<grpc::ServerCredentials> credentials) {
  using External = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  using grpc::experimental::ExternalConnectionAcceptor;
  std::unique_ptr<ExternalConnectionAcceptor> acceptor =
      builder.experimental().AddExternalConnectionAcceptor(External::FROM_FD, std::move(credentials));
  return [acceptor = std::move(acceptor)](int descriptor) {
    ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = -1;
    connection.fd = descriptor;
    acceptor->HandleNewConnection(&connection);
  };
}

}  // namespace twofold
