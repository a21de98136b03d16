// Real servers that begin a store on a Redis that others use, too, or that is not there yet.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "common/clock.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_cluster.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/harness/redis_sentinel_set.h"
#include "tests/redis/harness/reserved_port.h"
#include "tests/redis/harness/tls_files.h"
#include "tests/redis_ha/deployments.h"
#include "tests/redis_ha/server_group.h"

namespace twofold {
namespace {

// Other programs' keys and our limiter's are no records: among them the store is empty.
TEST(ServerStart, ServersBeginOneStoreTogether) {
  constexpr int kOtherKeys = 2000;
  RedisProcess redis;
  for (int round = 0; round < Rounds(3, 30); ++round) {
    redis.Command({"FLUSHALL"});
    std::vector<std::string> others = {"MSET"};
    for (int i = 0; i < kOtherKeys; ++i) others.insert(others.end(), {absl::StrCat("other:", i), "v"});
    ASSERT_EQ(redis.Command(others), "OK");
    ServerGroup servers(3, {"--storage=" + UriOf(redis)});
    const std::vector<std::unique_ptr<TwofoldClient>> clients = servers.NewClients();
    const Account account(*clients[0], "ann", v1::METHOD_TYPE_HOTP);
    for (size_t i = 0; i < clients.size(); ++i) {
      const auto verified = clients[i]->Verify(account.Verify(account.Code(static_cast<int64_t>(i) + 1)));
      EXPECT_TRUE(verified.ok());
    }
  }
}

// A server that waits for what comes later, with a key ring of its own.
class WaitingServer {
 public:
  explicit WaitingServer(const std::string& storage, const Flags& more = {}) {
    EXPECT_TRUE(CreateKeyRingFile(folder_.File("ring.json"), SystemRandom(), SystemClock()).ok());
    server_ = std::make_unique<ServerProcess>(
        folder_.File("data"),
        Flags{"--keyring=file:" + folder_.File("ring.json"), "--storage=" + storage, "--start_timeout=1m"} +
            more,
        ServerProcess::Until::kLaunched);
  }
  ServerProcess& operator*() { return *server_; }
  ServerProcess* operator->() { return server_.get(); }

  // It waits for `what`, is live and not ready, and answers nothing else.
  void ExpectWaiting(const std::string& what, const std::string& why) {
    server_->AwaitListening();
    const std::string reason = server_->AwaitLine("W waiting for the " + what + ", for up to 1m: ");
    EXPECT_TRUE(absl::StrContains(reason, why)) << reason;
    EXPECT_EQ(server_->Page("/livez"), "200 ok\n");
    const std::string ready = server_->Page("/readyz");
    EXPECT_TRUE(absl::StartsWith(ready, "503 ") && absl::StrContains(ready, what + ": ")) << ready;
    ClientOptions options;
    options.address = server_->address();
    TwofoldClient client(options);
    v1::VerifyRequest request;
    request.set_user_id("ann");
    request.set_code("123456");
    const auto verified = client.Verify(request);
    ASSERT_FALSE(verified.ok());
    EXPECT_EQ(verified.error().code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(verified.error().reason, "STORAGE_UNAVAILABLE");
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse health;
    const auto stub = grpc::health::v1::Health::NewStub(NewChannel(options).value());
    EXPECT_TRUE(stub->Check(&context, grpc::health::v1::HealthCheckRequest(), &health).ok());
    EXPECT_EQ(health.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  }
  // Within the pause between two tries, and what a busy machine adds.
  void ExpectReady() {
    EXPECT_TRUE(Await(absl::Seconds(20), [this] { return server_->Page("/readyz") == "200 ok\n"; }))
        << server_->Log();
    EXPECT_EQ(server_->Terminate(), 0);
    // However many tries it took.
    const std::string log = server_->Log();
    EXPECT_EQ(log.find("waiting for the"), log.rfind("waiting for the")) << log;
  }

 private:
  const TempFolder folder_;
  std::unique_ptr<ServerProcess> server_;
};

TEST(ServerStart, ItWaitsForAStorageThatIsNotThereYet) {
  RedisProcess redis({.lines = {"appendonly yes"}});
  redis.Kill();
  WaitingServer server(UriOf(redis));
  server.ExpectWaiting("storage", "Connection refused");
  redis.Start();
  server.ExpectReady();
}

TEST(ServerStart, ItWaitsForARedisThatStillLoads) {
  // Three milliseconds a key, and a look at the network every kilobyte.
  RedisProcess redis({.lines = {"key-load-delay 3000", "loading-process-events-interval-bytes 1024"}});
  std::vector<std::string> others = {"MSET"};
  for (int i = 0; i < 2000; ++i) others.insert(others.end(), {absl::StrCat("other:", i), "v"});
  ASSERT_EQ(redis.Command(others), "OK");
  ASSERT_EQ(redis.Command({"SAVE"}), "OK");
  redis.Kill();
  redis.StartLoading();
  WaitingServer server(UriOf(redis));
  server.ExpectWaiting("storage", "(LOADING)");
  server.ExpectReady();
}

TEST(ServerStart, ItWaitsForALimiterThatIsNotThereYet) {
  RedisProcess redis;
  RedisProcess limiter;
  limiter.Kill();
  WaitingServer server(UriOf(redis), {"--rate_limiter=" + UriOf(limiter)});
  server.ExpectWaiting("limiter", "Connection refused");
  // Nothing is made meanwhile.
  EXPECT_EQ(redis.Command({"DBSIZE"}), "0");
  limiter.Start();
  server.ExpectReady();
}

TEST(ServerStart, ItWaitsForSentinelsAndForTheirMaster) {
  SentinelSet set;
  const std::string uri = UriOf(set);
  for (size_t i = 0; i < SentinelSet::kSentinels; ++i) set.sentinel(i).Kill();
  set.node(0).Kill();
  WaitingServer server(uri);
  server.ExpectWaiting("storage", "Connection refused");
  set.sentinel(0).Start();
  set.node(0).Start();
  server.ExpectReady();
}

TEST(ServerStart, ItWaitsForACluster) {
  ClusterSet cluster;
  const std::string uri = UriOf(cluster);
  for (size_t i = 0; i < ClusterSet::kNodes; ++i) cluster.node(i).Kill();
  WaitingServer server(uri);
  server.ExpectWaiting("storage", "Connection refused");
  for (size_t i = 0; i < ClusterSet::kNodes; ++i) cluster.node(i).Start();
  server.ExpectReady();
}

TEST(ServerStart, ItWaitsForANameThatDoesNotResolveYet) {
  WaitingServer server("redis://nowhere.invalid:6379");
  server.ExpectWaiting("storage", "nowhere.invalid:6379");
  EXPECT_EQ(server->Terminate(), 0);
}

TEST(ServerStart, ItWaitsForStartTimeoutAndMakesNothing) {
  const ReservedPort nobody;
  const TempFolder folder;
  const absl::Time begin = absl::Now();
  ServerProcess server(
      folder.File("data"),
      {absl::StrCat("--rate_limiter=redis://127.0.0.1:", nobody.number()), "--start_timeout=1s"},
      ServerProcess::Until::kLaunched);
  EXPECT_EQ(server.AwaitExit(), 1);
  EXPECT_GE(absl::Now() - begin, absl::Seconds(1));
  EXPECT_TRUE(absl::StrContains(server.Log(),
                                "\ntwofold-server: not everything could be reached within --start_timeout, "
                                "which is 1s: cannot connect to Redis at 127.0.0.1:"))
      << server.Log();
  EXPECT_FALSE(std::filesystem::exists(folder.File("data")));
}

// Waiting would only hide it.
TEST(ServerStart, APermanentErrorEndsTheStartAtOnce) {
  const RedisProcess redis({.password = "secret"});
  const RedisProcess evicting({.lines = {"maxmemory-policy allkeys-lru"}});
  const TlsFiles files;
  const TlsFiles strangers;
  const RedisProcess tls({.tls = &files});
  const std::string tls_uri = absl::StrCat("rediss://127.0.0.1:", tls.tls_port(), "?tls_ca=", strangers.ca());
  const std::pair<std::string, std::string> kCases[] = {
      {"redis://" + redis.address(), "(NOAUTH)"},
      {"redis://:hunter2@" + redis.address(), "(WRONGPASS)"},
      {UriOf(evicting), "maxmemory-policy allkeys-lru"},
      {tls_uri, "certificate verify failed"},
      {"redis://127.0.0.1:1?nonsense=1", "nonsense"},
      {"rediss://127.0.0.1:1?tls_ca=/nonexistent/ca.pem", "/nonexistent/ca.pem"},
  };
  for (const auto& [uri, why] : kCases) {
    WaitingServer server(uri);
    EXPECT_EQ(server->AwaitExit(absl::Seconds(15)), 1) << uri;
    const std::string log = server->Log();
    EXPECT_TRUE(absl::StrContains(log, why)) << log;
    EXPECT_FALSE(absl::StrContains(log, "listening on")) << log;
  }
}

}  // namespace
}  // namespace twofold
