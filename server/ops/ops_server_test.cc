#include "server/ops/ops_server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

class OpsServerTest : public testing::Test {
 protected:
  OpsServerTest() {
    std::signal(SIGPIPE, SIG_IGN);
    auto server = StartOpsServer("127.0.0.1:0", Pages());
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  OpsPages Pages() {
    return {.metrics = [] { return "twofold_in_flight 0\n"; },
            .ready = [this]() -> absl::Status {
              if (ready_) return absl::OkStatus();
              return absl::UnavailableError("storage: connection refused");
            }};
  }

  int port() const {
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(server_->address().substr(server_->address().rfind(':') + 1), &port));
    return port;
  }

  httplib::Client Client() const {
    httplib::Client client("127.0.0.1", port());
    client.set_read_timeout(60);
    return client;
  }

  // Makes a plain connection, for requests that no proper client would send.
  int Connect() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // Returns everything that is answered to `request` until the server closes the connection.
  std::string Exchange(absl::string_view request) const {
    const int fd = Connect();
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer;
    char buffer[4096];
    for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<size_t>(got));
    close(fd);
    return answer;
  }

  std::atomic<bool> ready_{true};
  std::unique_ptr<OpsServer> server_;
};

TEST_F(OpsServerTest, ServesItsPages) {
  struct Case {
    const char* path;
    int status;
    const char* body;
    const char* type;
  };
  const Case cases[] = {
      {"/livez", 200, "ok\n", "text/plain; charset=utf-8"},
      {"/readyz", 200, "ok\n", "text/plain; charset=utf-8"},
      {"/metrics", 200, "twofold_in_flight 0\n", "text/plain; version=0.0.4; charset=utf-8"},
      {"/metrics?name[]=x", 200, "twofold_in_flight 0\n", "text/plain; version=0.0.4; charset=utf-8"},
      {"/", 200, "Twofold\n/metrics\n/livez\n/readyz\n", "text/plain; charset=utf-8"},
      {"/nonsense", 404, "not found\n", "text/plain; charset=utf-8"},
      {"/livez/", 404, "not found\n", "text/plain; charset=utf-8"},
      {"/../etc/passwd", 404, "not found\n", "text/plain; charset=utf-8"},
  };
  for (const Case& c : cases) {
    const httplib::Result result = Client().Get(c.path);
    ASSERT_TRUE(result) << c.path;
    EXPECT_EQ(result->status, c.status) << c.path;
    EXPECT_EQ(result->body, c.body) << c.path;
    EXPECT_EQ(result->get_header_value("Content-Type"), c.type) << c.path;
  }
}

TEST_F(OpsServerTest, ReadinessFollowsAndLivenessDoesNot) {
  ready_ = false;
  const httplib::Result down = Client().Get("/readyz");
  EXPECT_EQ(down->status, 503);
  EXPECT_EQ(down->body, "storage: connection refused\n");
  EXPECT_EQ(Client().Get("/livez")->status, 200);
  ready_ = true;
  EXPECT_EQ(Client().Get("/readyz")->status, 200);
}

TEST_F(OpsServerTest, HeadHasNoBody) {
  const httplib::Result result = Client().Head("/metrics");
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "");
}

TEST_F(OpsServerTest, OtherMethodsAreRefusedWithoutReadingTheirBody) {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    const std::string answer =
        Exchange(absl::StrCat(method, " /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n"));
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n")) << method;
  }
  EXPECT_THAT(Exchange("POST /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"),
              testing::StartsWith("HTTP/1.1 405 "));
}

TEST_F(OpsServerTest, ConnectionsAreNotKept) {
  EXPECT_THAT(Exchange("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("Connection: close\r\n"));
}

TEST_F(OpsServerTest, GarbageIsRefusedAndOthersAreServed) {
  for (const std::string& request :
       {std::string("\r\n\r\n"), std::string("nonsense\r\n\r\n"), std::string("GET\0/ HTTP/1.1\r\n\r\n", 18),
        "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n"}) {
    EXPECT_FALSE(absl::StartsWith(Exchange(request), "HTTP/1.1 200")) << request.substr(0, 20);
    EXPECT_EQ(Client().Get("/livez")->status, 200);
  }
}

TEST_F(OpsServerTest, L5_HeadersWithoutEndAreCutOff) {
  const int fd = Connect();
  const absl::string_view begin = "GET /livez HTTP/1.1\r\n";
  send(fd, begin.data(), begin.size(), MSG_NOSIGNAL);
  const std::string line = "A: " + std::string(1000, 'a') + "\r\n";
  // More than the kernel may hold.
  size_t taken = 0;
  constexpr size_t kMost = size_t{64} << 20;
  while (taken < kMost && send(fd, line.data(), line.size(), MSG_NOSIGNAL) > 0) taken += line.size();
  EXPECT_LT(taken, kMost);
  close(fd);
  EXPECT_EQ(Client().Get("/livez")->status, 200);
}

TEST_F(OpsServerTest, L5_AnAnswerIsNoLargerForManyRanges) {
  std::string ranges = "0-";
  for (int i = 0; i < 1000; ++i) ranges += ",0-";
  const std::string answer =
      Exchange(absl::StrCat("GET /metrics HTTP/1.1\r\nHost: a\r\nRange: bytes=", ranges, "\r\n\r\n"));
  EXPECT_LT(answer.size(), 1000U);
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\ntwofold_in_flight 0\n"));
}

TEST_F(OpsServerTest, ConnectionsThatAreSilentOrSlowDoNotDelayProbes) {
  std::vector<int> open;
  for (int i = 0; i < 100; ++i) {
    open.push_back(Connect());
    if (i % 2 == 0) send(open.back(), "G", 1, MSG_NOSIGNAL);
  }
  const absl::Time begin = absl::Now();
  EXPECT_EQ(Client().Get("/livez")->status, 200);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(1));
  for (const int fd : open) close(fd);
}

TEST_F(OpsServerTest, EndsAtOnceWithConnectionsOpen) {
  const int fd = Connect();
  EXPECT_EQ(Client().Get("/livez")->status, 200);
  const absl::Time begin = absl::Now();
  server_.reset();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(1));
  close(fd);
}

TEST_F(OpsServerTest, ManyAtOnce) {
  std::atomic<int> ok{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) ok += Client().Get("/metrics")->status == 200;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ok, 160);
}

TEST_F(OpsServerTest, ATakenPortIsOneClearError) {
  EXPECT_EQ(StartOpsServer(server_->address(), Pages()).status(),
            absl::UnavailableError(
                absl::StrCat("cannot listen on ", server_->address(), ": Address already in use")));
}

TEST_F(OpsServerTest, ItsPortIsFreeAgainAfterwards) {
  const std::string address = server_->address();
  EXPECT_EQ(Client().Get("/livez")->status, 200);
  server_.reset();
  const auto again = StartOpsServer(address, Pages());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->address(), address);
}

TEST_F(OpsServerTest, RefusesWhatIsNoAddress) {
  for (const char* address : {"", "127.0.0.1", "unix:/tmp/s"}) {
    EXPECT_EQ(StartOpsServer(address, Pages()).status().code(), absl::StatusCode::kInvalidArgument)
        << address;
  }
  EXPECT_EQ(StartOpsServer("192.0.2.1:0", Pages()).status().code(), absl::StatusCode::kUnavailable);
}

TEST(OpsServer, ListensOnIpv6) {
  const auto server = StartOpsServer("[::1]:0", {[] { return ""; }, [] { return absl::OkStatus(); }});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT((*server)->address(), testing::StartsWith("[::1]:"));
}

}  // namespace
}  // namespace twofold
