// Servers that must not be used, or are none of Redis's: opening fails in time and says why. And
// the database that the URI names is the one that is used.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "asio.hpp"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/harness/reserved_port.h"
#include "tests/redis/harness/tls_files.h"
#include "tests/redis/witness.h"

namespace twofold {
namespace {

using asio::ip::tcp;

// Answers the first bytes of each connection with `answer`, or with nothing, and keeps it open.
class Stranger {
 public:
  explicit Stranger(std::string answer) : answer_(std::move(answer)) {
    Accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Stranger() {
    context_.stop();
    thread_.join();
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  std::string address() const { return absl::StrCat("127.0.0.1:", acceptor_.local_endpoint().port()); }

 private:
  struct Connection {
    explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    char first = 0;
  };

  void Accept() {
    acceptor_.async_accept([this](asio::error_code error, tcp::socket socket) {
      if (error) return;
      connections_.push_back(std::make_unique<Connection>(std::move(socket)));
      Connection& connection = *connections_.back();
      connection.socket.async_read_some(asio::buffer(&connection.first, 1),
                                        [this, &connection](asio::error_code, size_t) {
                                          asio::error_code ignored;
                                          asio::write(connection.socket, asio::buffer(answer_), ignored);
                                        });
      Accept();
    });
  }

  const std::string answer_;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::vector<std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

// Twice: storage and limiter are opened one after the other.
constexpr absl::Duration kOpeningLimit = absl::Milliseconds(2 * (500 + 300) + 400);

absl::Status Opened(const std::string& uri) {
  const absl::Time begin = absl::Now();
  absl::Status opened = OpenStorageAndLimiter(uri);
  EXPECT_LT(absl::Now() - begin, kOpeningLimit) << uri;
  return opened;
}

// It may be there later.
void ExpectNotOpened(const std::string& uri, const std::string& text) {
  ExpectUnavailable(Opened(uri), text);
}

TEST(WrongServer, SpeaksHttp) {
  const Stranger http("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  ExpectNotOpened(QuickUri(http.address()), "what came is no reply");
  ExpectNotOpened(QuickUri(http.address()), http.address());
}

TEST(WrongServer, SpeaksTooMuch) {
  // More replies than were asked for.
  const Stranger chatty("+OK\r\n*1\r\n$6\r\nmaster\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n");
  ExpectNotOpened(QuickUri(chatty.address()), "a reply came that nobody asked for");
}

TEST(WrongServer, SaysNothing) {
  const Stranger silent("");
  ExpectNotOpened(QuickUri(silent.address()), "there was no connection to " + silent.address());
}

TEST(WrongServer, IsNotThere) {
  const ReservedPort nobody;
  ExpectNotOpened(QuickUri(absl::StrCat("127.0.0.1:", nobody.number())), "Connection refused");
  ExpectNotOpened(QuickUri("nowhere.invalid:6379"), "nowhere.invalid:6379");
  ExpectNotOpened("redis+unix:///nonexistent/redis.sock", "/nonexistent/redis.sock: No such file");
}

TEST(WrongServer, WantsTlsOrDoesNot) {
  const TlsFiles files;
  const RedisProcess redis({.tls = &files});
  ExpectNotOpened(QuickUri(absl::StrCat("127.0.0.1:", redis.tls_port())), absl::StrCat(redis.tls_port()));
  ExpectNotOpened(QuickUri(redis.address(), "rediss") + "&tls_ca=" + files.ca(), redis.address());
}

TEST(WrongServer, IsAReplica) {
  const RedisProcess master;
  const RedisProcess replica({.lines = {absl::StrCat("replicaof 127.0.0.1 ", master.port())}});
  const absl::Status opened = OpenStorageAndLimiter(QuickUri(replica.address()));
  EXPECT_EQ(opened.code(), absl::StatusCode::kFailedPrecondition) << opened;
  EXPECT_TRUE(absl::StrContains(opened.message(), "is a replica")) << opened;
  EXPECT_TRUE(absl::StrContains(opened.message(), replica.address())) << opened;
}

TEST(WrongServer, Evicts) {
  const RedisProcess redis({.lines = {"maxmemory-policy allkeys-lfu"}});
  const absl::Status opened = OpenStorageAndLimiter(QuickUri(redis.address()));
  EXPECT_EQ(opened.code(), absl::StatusCode::kFailedPrecondition) << opened;
  EXPECT_TRUE(absl::StrContains(opened.message(), "maxmemory-policy allkeys-lfu")) << opened;
}

TEST(WrongServer, WantsCredentials) {
  const RedisProcess redis({.password = "secret"});
  ExpectRefused(Opened(QuickUri(redis.address())), "(NOAUTH)");
  ExpectRefused(Opened(QuickUri(":hunter2@" + redis.address())), "(WRONGPASS)");
  ExpectRefused(Opened(QuickUri("somebody:hunter2@" + redis.address())), "(WRONGPASS)");
  EXPECT_TRUE(OpenStorageAndLimiter(QuickUri(":secret@" + redis.address())).ok());
  EXPECT_TRUE(OpenStorageAndLimiter(QuickUri("default:secret@" + redis.address())).ok());
}

TEST(WrongServer, WantsNoPassword) {
  const RedisProcess redis;
  ExpectRefused(Opened(QuickUri(":hunter2@" + redis.address())), "it takes no such user name or password");
}

// Whoever waits may be let in, so this is not about the password.
TEST(WrongServer, IsFull) {
  const Stranger full("-ERR max number of clients reached\r\n");
  ExpectNotOpened(QuickUri(":hunter2@" + full.address()), "asked for AUTH");
}

TEST(WrongServer, HasNoSuchDatabase) {
  const RedisProcess redis({.lines = {"databases 4"}});
  ExpectRefused(Opened(QuickUri(redis.address() + "/4")), "it has no such database");
}

TEST(Database, IsTheOneThatTheUriNames) {
  const RedisProcess redis;
  Witness third(redis, QuickUri(redis.address() + "/3"));
  // The same keys again: they would be in each other's way in one database.
  Witness first(redis, QuickUri(redis.address()));
  EXPECT_TRUE(third.Try().all_ok());
  EXPECT_TRUE(first.Try().all_ok());
  const std::string info = redis.Command({"INFO", "keyspace"});
  EXPECT_TRUE(absl::StrContains(info, "db0:keys=")) << info;
  EXPECT_TRUE(absl::StrContains(info, "db3:keys=")) << info;
  // After a new connection too.
  redis.Command({"CLIENT", "KILL", "TYPE", "normal"});
  third.AwaitRecovery("new connections");
  redis.Command({"FLUSHDB"});
  EXPECT_TRUE(third.Try().all_ok());
  EXPECT_TRUE(absl::IsNotFound(first.Read())) << "database 0 is empty";
}

}  // namespace
}  // namespace twofold
