// How commands are spread over the connections to one server.

#include "storage/redis/thread_connections.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "asio.hpp"
#include "storage/redis/command.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold::redis {
namespace {

// As large as the write of a record.
constexpr size_t kValueBytes = 500;
// Six times what Redis reads of a connection at once.
constexpr int kMany = 250;

ConnectionOptions OptionsOf(int min_replicas, size_t max_connections) {
  ConnectionOptions options;
  options.connect_timeout = absl::Seconds(5);
  // A WAIT that is in vain lasts most of it.
  options.timeout = min_replicas == 0 ? absl::Seconds(20) : absl::Seconds(1);
  options.min_replicas = min_replicas;
  options.max_connections = max_connections;
  return options;
}

// Connections on the test's own thread.
class ConnectionsTo {
 public:
  explicit ConnectionsTo(const RedisProcess& redis, int min_replicas = 0,
                         size_t max_connections = ConnectionOptions().max_connections)
      : connections_(context_, EndpointOf(redis), OptionsOf(min_replicas, max_connections)) {}

  // Sends so many commands at once, and returns when all have been answered: how long that took.
  absl::Duration Send(int commands) {
    const absl::Time begin = absl::Now();
    int waiting = commands;
    const std::string value(kValueBytes, 'x');
    for (int i = 0; i < commands; ++i) {
      Request request;
      request.bytes = Encode({"SET", std::to_string(i), value});
      connections_.Submit(std::move(request), [&](const absl::StatusOr<Reply>& reply) {
        EXPECT_TRUE(reply.ok() || absl::IsUnknown(reply.status())) << reply.status();
        --waiting;
      });
    }
    while (waiting > 0) context_.run_one();
    return absl::Now() - begin;
  }
  // Until as many connections are there as there will be, and are up.
  void WarmUp() {
    for (int i = 0; i < 20; ++i) Send(kMany);
  }
  size_t size() const { return connections_.size(); }

 private:
  static Endpoint EndpointOf(const RedisProcess& redis) {
    Endpoint endpoint;
    endpoint.host = RedisProcess::host();
    endpoint.port = static_cast<uint16_t>(redis.port());
    return endpoint;
  }

  asio::io_context context_;
  ServerConnections connections_;
};

TEST(RedisConnections, ASmallLoadStaysOnOneConnection) {
  const RedisProcess redis;
  ConnectionsTo connections(redis);
  for (int i = 0; i < 100; ++i) connections.Send(20);
  EXPECT_EQ(connections.size(), 1U);
}

TEST(RedisConnections, ALargeLoadSharesTheSyncsOfASlowDisk) {
  RedisOptions options;
  options.lines = {"appendonly yes", "appendfsync always"};
  RedisProcess redis(options);
  ConnectionsTo one(redis, 0, 1);
  ConnectionsTo several(redis);
  one.WarmUp();
  several.WarmUp();
  EXPECT_EQ(one.size(), 1U);
  EXPECT_EQ(several.size(), ConnectionOptions().max_connections);
  redis.SlowDisk(absl::Milliseconds(100));
  const absl::Duration by_one = one.Send(kMany);
  const absl::Duration by_several = several.Send(kMany);
  EXPECT_GT(by_one, absl::Milliseconds(500));
  EXPECT_LT(by_several, by_one * 0.7);
}

TEST(RedisConnections, MinReplicasKeepsToOneConnection) {
  const RedisProcess redis;
  ConnectionsTo connections(redis, 1);
  ConnectionsTo without(redis);
  // The first time none is up yet.
  for (int i = 0; i < 2; ++i) {
    connections.Send(kMany);
    without.Send(kMany);
  }
  EXPECT_EQ(connections.size(), 1U);
  EXPECT_GT(without.size(), 1U);
}

}  // namespace
}  // namespace twofold::redis
