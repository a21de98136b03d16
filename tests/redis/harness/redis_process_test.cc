#include "tests/redis/harness/redis_process.h"

#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/harness/await.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_command.h"
#include "tests/redis/harness/tls_files.h"

namespace twofold {
namespace {

RedisOptions Durable() { return {.lines = {"appendonly yes", "appendfsync always"}}; }

TEST(RedisProcess, AnswersAsText) {
  const RedisProcess redis;
  EXPECT_EQ(redis.Command({"SET", "a", "1"}), "OK");
  EXPECT_EQ(redis.Command({"INCR", "a"}), "2");
  EXPECT_EQ(redis.Command({"GET", "nothing"}), "(nil)");
  EXPECT_EQ(redis.Command({"MGET", "a", "nothing"}), "2\n(nil)");
  EXPECT_EQ(redis.Command({"LPOP", "a"}),
            "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(redis.Command({"SET", std::string("\0k", 2), std::string("v\0", 2)}), "OK");
  EXPECT_EQ(redis.Command({"GET", std::string("\0k", 2)}), std::string("v\0", 2));
}

TEST(RedisProcess, AConnectionKeepsItsState) {
  const RedisProcess redis({.password = "secret"});
  RedisConnection connection(redis.port(), "secret");
  EXPECT_EQ(connection.Command({"MULTI"}), "OK");
  EXPECT_EQ(connection.Command({"SET", "a", "b"}), "QUEUED");
  EXPECT_EQ(redis.Command({"GET", "a"}), "(nil)");
  EXPECT_EQ(connection.Command({"EXEC"}), "OK");
  EXPECT_EQ(redis.Command({"CLIENT", "KILL", "TYPE", "normal"}), "1");
  EXPECT_TRUE(absl::StartsWith(connection.Command({"PING"}), "(broken) "));
  EXPECT_TRUE(absl::StartsWith(connection.Command({"PING"}), "(broken) "));
}

TEST(RedisProcess, DataSurvivesKillAndStop) {
  RedisProcess redis(Durable());
  const int port = redis.port();
  ASSERT_EQ(redis.Command({"SET", "a", "b"}), "OK");
  redis.Kill();
  EXPECT_FALSE(redis.running());
  EXPECT_TRUE(absl::StartsWith(redis.Command({"PING"}), "(broken) "));
  redis.Start();
  EXPECT_EQ(redis.port(), port);
  EXPECT_EQ(redis.Command({"GET", "a"}), "b");
  EXPECT_EQ(redis.Stop(), 0);
  redis.Start();
  EXPECT_EQ(redis.Command({"GET", "a"}), "b");
}

TEST(RedisProcess, OutlivesTheThreadThatStartedIt) {
  std::unique_ptr<RedisProcess> redis;
  std::thread([&] { redis = std::make_unique<RedisProcess>(); }).join();
  EXPECT_EQ(redis->Command({"PING"}), "PONG");
  // The signal would have come by now.
  EXPECT_FALSE(Await(absl::Milliseconds(50), [&] { return redis->Command({"PING"}) != "PONG"; }));
}

TEST(RedisProcess, DiesWithTheTest) {
  // The statement runs in a process of its own, which tells the port through a file.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string path = testing::TempDir() + "/redis_port";
  EXPECT_EXIT(
      {
        const RedisProcess redis;
        std::ofstream(path) << redis.port() << std::flush;
        std::raise(SIGKILL);
      },
      testing::KilledBySignal(SIGKILL), "");
  int port = 0;
  std::ifstream(path) >> port;
  ASSERT_GT(port, 0);
  EXPECT_TRUE(Await(absl::Seconds(5), [&] { return RedisCommand(port, {"PING"}) != "PONG"; }));
}

TEST(RedisProcess, PausedItAnswersNothingUntilResumed) {
  RedisProcess redis;
  redis.Pause();
  EXPECT_TRUE(absl::StartsWith(redis.Command({"PING"}, absl::Milliseconds(100)), "(broken) "));
  redis.Resume();
  EXPECT_EQ(redis.Command({"PING"}), "PONG");
  redis.Pause();
  redis.Kill();
  redis.Start();
  EXPECT_EQ(redis.Command({"PING"}), "PONG");
}

TEST(RedisProcess, OnASlowDiskAWriteIsAnsweredLateAndLostWhenKilledBefore) {
  constexpr absl::Duration kDelay = absl::Milliseconds(1500);
  RedisProcess redis(Durable());
  ASSERT_EQ(redis.Command({"SET", "a", "fast"}), "OK");
  redis.SlowDisk(kDelay);
  const absl::Time begin = absl::Now();
  ASSERT_EQ(redis.Command({"SET", "a", "slow"}), "OK");
  EXPECT_GE(absl::Now() - begin, kDelay);
  // Not answered within the time: killed inside the fsync.
  EXPECT_TRUE(absl::StartsWith(redis.Command({"SET", "b", "c"}, absl::Milliseconds(200)), "(broken) "));
  const absl::Time killed = absl::Now();
  redis.Kill();
  EXPECT_LT(absl::Now() - killed, absl::Seconds(1)) << "it waited for the disk";
  redis.Start();
  EXPECT_EQ(redis.Command({"GET", "a"}), "slow");
}

TEST(RedisProcess, ASlowDiskHealsAlsoWhilePaused) {
  RedisProcess redis(Durable());
  redis.SlowDisk(absl::Seconds(5));
  EXPECT_TRUE(absl::StartsWith(redis.Command({"SET", "a", "b"}, absl::Milliseconds(100)), "(broken) "));
  redis.Pause();
  redis.SlowDisk(absl::ZeroDuration());
  EXPECT_TRUE(absl::StartsWith(redis.Command({"PING"}, absl::Milliseconds(100)), "(broken) ")) << "paused";
  redis.Resume();
  EXPECT_EQ(redis.Command({"SET", "a", "c"}, absl::Seconds(2)), "OK");
}

TEST(RedisProcess, Password) {
  const RedisProcess redis({.password = "secret"});
  EXPECT_EQ(redis.Command({"PING"}), "PONG");
  EXPECT_EQ(RedisCommand(redis.port(), {"PING"}), "(error) NOAUTH Authentication required.");
  EXPECT_TRUE(absl::StartsWith(RedisCommand(redis.port(), {"GET", "a"}, "wrong"), "(error) NOAUTH "));
}

TEST(RedisProcess, LoadsSlowly) {
  // Twenty milliseconds a key, and a look at the network every kilobyte.
  RedisProcess redis(
      {.lines = {"key-load-delay 20000", "loading-process-events-interval-bytes 1024", "rdbcompression no"}});
  for (int i = 0; i < 50; ++i) redis.Command({"SET", absl::StrCat("key", i), std::string(100, 'x')});
  ASSERT_EQ(redis.Command({"SAVE"}), "OK");
  redis.Kill();
  redis.StartLoading();
  EXPECT_TRUE(absl::StartsWith(redis.Command({"GET", "key1"}), "(error) LOADING "));
  redis.Kill();
  redis.Start();
  EXPECT_EQ(redis.Command({"DBSIZE"}), "50");
}

TEST(RedisProcess, UnixSocketAndTls) {
  const TlsFiles files;
  const RedisProcess redis({.tls = &files, .unix_socket = true});
  EXPECT_EQ(RunTool({"redis-cli", "-s", redis.unix_socket(), "PING"}).out, "PONG\n");
  std::vector<std::string> over_tls = {
      "redis-cli", "-h", "localhost", "-p", absl::StrCat(redis.tls_port()), "--tls", "--cacert", files.ca()};
  std::vector<std::string> with_certificate = over_tls;
  for (const std::string& word :
       {std::string("--cert"), files.client_certificate(), std::string("--key"), files.client_key()}) {
    with_certificate.push_back(word);
  }
  over_tls.emplace_back("PING");
  with_certificate.emplace_back("PING");
  EXPECT_EQ(RunTool(with_certificate).out, "PONG\n");
  EXPECT_EQ(RunTool(over_tls).out, "") << "without a client's certificate";
  const TlsFiles strangers;
  with_certificate[7] = strangers.ca();
  EXPECT_EQ(RunTool(with_certificate).out, "") << "another authority";
  EXPECT_EQ(RunTool({"openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "127.0.0.1",
                     "-CAfile", files.ca(), files.server_certificate()})
                .out,
            files.server_certificate() + ": OK\n");
}

}  // namespace
}  // namespace twofold
