// What one connection does with commands that wait: it drops what is too old, refuses what is too
// much, and comes back from whatever a server does to it.

#include "storage/redis/connection.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "asio.hpp"
#include "storage/redis/command.h"
#include "tests/redis/harness/fault_proxy.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold::redis {
namespace {

constexpr absl::Duration kTimeout = absl::Milliseconds(150);
// Redis looks only ten times a second whether a WAIT is over.
constexpr absl::Duration kTimeoutWithReplicas = absl::Milliseconds(400);

// A connection on the test's own thread.
class ConnectionTo {
 public:
  explicit ConnectionTo(int port, int min_replicas = 0) {
    ConnectionOptions options;
    options.login.expect_master = false;
    options.connect_timeout = absl::Seconds(2);
    options.timeout = min_replicas == 0 ? kTimeout : kTimeoutWithReplicas;
    options.min_replicas = min_replicas;
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = static_cast<uint16_t>(port);
    connection_ = Connection::Open(context_, endpoint, options);
  }
  ~ConnectionTo() {
    connection_->Close();
    context_.run();
  }
  ConnectionTo(const ConnectionTo&) = delete;
  ConnectionTo& operator=(const ConnectionTo&) = delete;

  // The answer, once there is one.
  using Answer = std::shared_ptr<std::optional<absl::StatusOr<Reply>>>;
  Answer Submit(Request request) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<Reply>>>();
    connection_->Submit(std::move(request), [answer](absl::StatusOr<Reply> reply) {
      EXPECT_FALSE(answer->has_value()) << "two answers";
      *answer = std::move(reply);
    });
    return answer;
  }
  absl::Status Await(const Answer& answer) {
    while (!answer->has_value()) context_.run_one();
    return (*answer)->status();
  }
  absl::Status Call(const std::vector<absl::string_view>& command) {
    return Await(Submit(RequestOf(command)));
  }
  // As many batches of one command each as may be under way.
  std::vector<Answer> FillUp(const std::vector<absl::string_view>& command) {
    std::vector<Answer> sent;
    for (size_t i = 0; i < ConnectionOptions().max_batches; ++i) {
      sent.push_back(Submit(RequestOf(command)));
      // It leaves before the next one comes.
      context_.poll();
    }
    return sent;
  }
  // Until a command is answered again.
  void AwaitUp() {
    for (int i = 0; i < 100; ++i) {
      if (Call({"PING"}).ok()) return;
      asio::steady_timer timer(context_, std::chrono::milliseconds(20));
      bool waited = false;
      timer.async_wait([&](asio::error_code) { waited = true; });
      while (!waited) context_.run_one();
    }
    ADD_FAILURE() << connection_->down();
  }

  asio::io_context& context() { return context_; }
  Connection& connection() { return *connection_; }

 private:
  asio::io_context context_;
  std::shared_ptr<Connection> connection_;
};

TEST(RedisConnection, ARequestThatExpiresInTheQueueIsNotSent) {
  const RedisProcess redis;
  FaultProxy proxy(redis.port());
  ConnectionTo connection(proxy.port());
  ASSERT_TRUE(connection.Call({"PING"}).ok());
  proxy.BlackHole();
  const std::vector<ConnectionTo::Answer> sent = connection.FillUp({"INCR", "sent"});
  std::vector<ConnectionTo::Answer> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(connection.Submit(RequestOf({"INCR", "waiting"})));
  for (const auto& answer : sent) EXPECT_TRUE(absl::IsUnknown(connection.Await(answer)));
  // Their time is over while a new connection is still being made, which then works.
  const absl::Time limit = absl::Now() + 2 * kTimeout;
  while (!waiting.back()->has_value() && absl::Now() < limit) {
    connection.context().run_one_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(waiting.back()->has_value());
  proxy.Heal();
  for (const auto& answer : waiting) {
    const absl::Status status = connection.Await(answer);
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  }
  connection.AwaitUp();
  EXPECT_EQ(redis.Command({"GET", "sent"}), absl::StrCat(sent.size())) << "late";
  EXPECT_EQ(redis.Command({"GET", "waiting"}), "(nil)");
  EXPECT_TRUE(absl::StrContains(redis.Command({"INFO", "commandstats"}),
                                absl::StrCat("cmdstat_incr:calls=", sent.size(), ",")));
}

TEST(RedisConnection, ACancelledRequestIsNotSent) {
  const RedisProcess redis;
  ConnectionTo connection(redis.port());
  ASSERT_TRUE(connection.Call({"PING"}).ok());
  CancellationToken cancelled;
  const CancellationToken expired(std::chrono::steady_clock::now());
  const CancellationToken lasting(std::chrono::steady_clock::now() + std::chrono::minutes(1));
  std::vector<ConnectionTo::Answer> answers;
  for (const CancellationToken* token :
       {static_cast<const CancellationToken*>(&cancelled), &expired, &lasting}) {
    Request request = RequestOf({"INCR", "count"});
    request.token = token;
    answers.push_back(connection.Submit(std::move(request)));
  }
  cancelled.Cancel();
  EXPECT_TRUE(absl::IsUnavailable(connection.Await(answers[0])));
  EXPECT_TRUE(absl::IsUnavailable(connection.Await(answers[1])));
  EXPECT_TRUE(connection.Await(answers[2]).ok());
  EXPECT_EQ(redis.Command({"GET", "count"}), "1");
}

TEST(RedisConnection, TheNextBatchLeavesBeforeTheLastOneIsAnswered) {
  const RedisProcess redis;
  FaultProxy proxy(redis.port());
  ConnectionTo connection(proxy.port());
  ASSERT_TRUE(connection.Call({"PING"}).ok());
  proxy.BlackHole();
  const std::vector<ConnectionTo::Answer> sent = connection.FillUp({"INCR", "count"});
  proxy.Heal();
  for (size_t i = 0; i < sent.size(); ++i) {
    ASSERT_TRUE(connection.Await(sent[i]).ok()) << connection.Await(sent[i]);
    EXPECT_EQ((**sent[i])->integer, static_cast<int64_t>(i) + 1) << "each its own reply";
  }
}

TEST(RedisConnection, TheQueueIsBoundedInBytesToo) {
  const RedisProcess redis;
  ConnectionTo connection(redis.port());
  ASSERT_TRUE(connection.Call({"PING"}).ok());
  const std::string large(size_t{1} << 20, 'x');
  const size_t most = ConnectionOptions().max_queued_bytes / large.size();
  std::vector<ConnectionTo::Answer> waiting;
  for (size_t i = 0; i < most; ++i) waiting.push_back(connection.Submit(RequestOf({"ECHO", large})));
  const auto refused = connection.Submit(RequestOf({"PING"}));
  ASSERT_TRUE(refused->has_value()) << "not at once";
  EXPECT_EQ(std::string((*refused)->status().message()), "too many commands wait for Redis");
  for (const auto& answer : waiting) {
    const absl::Status status = connection.Await(answer);
    static_cast<void>(status);
  }
  connection.AwaitUp();
}

TEST(RedisConnection, TheQueueIsBounded) {
  const RedisProcess redis;
  FaultProxy proxy(redis.port());
  ConnectionTo connection(proxy.port());
  ASSERT_TRUE(connection.Call({"PING"}).ok());
  proxy.BlackHole();
  const size_t bound = ConnectionOptions().max_queued;
  EXPECT_EQ(bound, 20'000U);
  std::vector<ConnectionTo::Answer> waiting;
  for (size_t i = 0; i < bound; ++i) waiting.push_back(connection.Submit(RequestOf({"INCR", "count"})));
  for (int i = 0; i < 3; ++i) {
    const auto answer = connection.Submit(RequestOf({"INCR", "count"}));
    ASSERT_TRUE(answer->has_value()) << "not at once";
    EXPECT_TRUE(absl::IsUnavailable((*answer)->status()));
    EXPECT_EQ(std::string((*answer)->status().message()), "too many commands wait for Redis");
  }
  int64_t unknown = 0;
  for (const auto& answer : waiting) unknown += absl::IsUnknown(connection.Await(answer)) ? 1 : 0;
  EXPECT_GT(unknown, 0);
  proxy.Heal();
  connection.AwaitUp();
  int64_t counted = 0;
  // Of what was sent, the proxy may have held back the end.
  ASSERT_TRUE(absl::SimpleAtoi(redis.Command({"GET", "count"}), &counted));
  EXPECT_LE(counted, unknown) << "the others were not sent";
}

TEST(RedisConnection, CloseEndsWaitingRequests) {
  const RedisProcess redis;
  FaultProxy proxy(redis.port());
  ConnectionTo connection(proxy.port());
  ASSERT_TRUE(connection.Call({"PING"}).ok());
  proxy.BlackHole();
  const std::vector<ConnectionTo::Answer> sent = connection.FillUp({"INCR", "sent"});
  const auto waiting = connection.Submit(RequestOf({"INCR", "waiting"}));
  connection.connection().Close();
  EXPECT_TRUE(absl::IsUnavailable(connection.Await(waiting)));
  for (const auto& answer : sent) EXPECT_TRUE(absl::IsUnknown(connection.Await(answer)));
  EXPECT_TRUE(absl::IsUnavailable(connection.Call({"PING"}))) << "after the end";
}

TEST(RedisConnection, AReplyWithoutEnoughReplicasIsUnknownAndTheConnectionStays) {
  const RedisProcess redis;
  FaultProxy proxy(redis.port());
  ConnectionTo connection(proxy.port(), 1);
  for (int i = 1; i <= 3; ++i) {
    const absl::Status status = connection.Call({"INCR", "count"});
    EXPECT_TRUE(absl::IsUnknown(status)) << status;
    EXPECT_EQ(std::string(status.message()), "0 of 1 replicas acknowledged in time");
    EXPECT_EQ(redis.Command({"GET", "count"}), absl::StrCat(i));
  }
  EXPECT_EQ(proxy.accepted(), 1);
}

// Its first connection ends its own direction when a command comes, and then neither reads on nor
// goes away. Later ones answer every command with "+PONG".
class HalfCloser {
 public:
  explicit HalfCloser(asio::io_context& context)
      : acceptor_(context, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    acceptor_.set_option(asio::socket_base::receive_buffer_size(4096));
    Accept();
  }

  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  using Tcp = asio::ip::tcp;
  struct Connection {
    explicit Connection(Tcp::socket accepted) : socket(std::move(accepted)) {}
    Tcp::socket socket;
    std::array<char, 4096> bytes;
    int reads = 0;
  };

  void Accept() {
    acceptor_.async_accept([this](asio::error_code error, Tcp::socket socket) {
      if (error) return;
      connections_.push_back(std::make_unique<Connection>(std::move(socket)));
      Read(*connections_.back(), connections_.size() == 1);
      Accept();
    });
  }

  void Read(Connection& connection, bool first) {
    connection.socket.async_read_some(asio::buffer(connection.bytes),
                                      [this, &connection, first](asio::error_code error, size_t) {
                                        if (error) return;
                                        if (first && ++connection.reads > 1)
                                          return connection.socket.shutdown(Tcp::socket::shutdown_send);
                                        asio::write(connection.socket, asio::buffer("+PONG\r\n", 7));
                                        Read(connection, first);
                                      });
  }

  Tcp::acceptor acceptor_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

TEST(RedisConnection, AHalfClosedConnectionDoesNotBlockRequests) {
  asio::io_context servers;
  HalfCloser server(servers);
  std::thread thread([&] { servers.run(); });
  {
    ConnectionTo connection(server.port());
    // More than the sockets on the way can hold.
    const std::string large(size_t{32} << 20, 'x');
    const absl::Status lost = connection.Call({"SET", "key", large});
    EXPECT_TRUE(absl::IsUnknown(lost)) << lost;
    connection.AwaitUp();
  }
  servers.stop();
  thread.join();
}

}  // namespace
}  // namespace twofold::redis
