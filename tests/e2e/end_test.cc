// How the server ends: in time, whatever its peers do, and at once where nobody needs it any more.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/harness/await.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

// What the machine may add where it has much to do.
constexpr absl::Duration kBusy = absl::Seconds(2);

// A TCP connection that sends what it is given, and never reads.
class Peer {
 public:
  explicit Peer(const std::string& address, const std::string& bytes = "") {
    const size_t colon = address.rfind(':');
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    EXPECT_EQ(write(socket_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  ~Peer() { close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // What the server has sent so far; waits for the first of it.
  std::string Read() const {
    char buffer[4096];
    const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
    return std::string(buffer, static_cast<size_t>(std::max<ssize_t>(size, 0)));
  }

 private:
  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

// RFC 9113 section 3.4, with an empty SETTINGS frame.
const std::string kHttp2Preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

class End : public ::testing::Test {
 protected:
  // From SIGTERM to the exit, which must be `exit_code`.
  static absl::Duration TimeToEnd(ServerProcess& server, int exit_code = 0) {
    const absl::Time begin = absl::Now();
    EXPECT_EQ(server.Terminate(), exit_code) << server.Log();
    return absl::Now() - begin;
  }

  TempFolder folder_;
  std::string data_ = folder_.File("data");
};

TEST_F(End, SilentConnectionsDoNotHoldItUp) {
  // Far longer than the test may take.
  ServerProcess server(data_, {"--drain_timeout=1h", "--health_listen=127.0.0.1:0"});
  const Peer mute(server.address());
  const Peer frozen(server.address(), kHttp2Preface);
  const Peer half(server.ops_address(), "GET /livez HTTP/1.1\r\n");
  EXPECT_NE(frozen.Read(), "");
  EXPECT_LT(TimeToEnd(server), absl::Milliseconds(500) + kBusy);
}

TEST_F(End, ALogThatNobodyReadsDoesNotHoldItUpForLongerThanTheDrainAndASecond) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const std::string binary = BuiltBinary("server/twofold-server");
  const std::string data = "--data_dir=" + data_;
  const pid_t server = fork();
  if (server == 0) {
    dup2(ends[1], STDERR_FILENO);
    execl(binary.c_str(), binary.c_str(), "--listen=127.0.0.1:0", "--ops_listen=", "--drain_timeout=1s",
          data.c_str(), nullptr);
    _exit(127);
  }
  std::string log;
  while (!absl::StrContains(log, " listening on ")) {
    char buffer[4096];
    const ssize_t size = read(ends[0], buffer, sizeof buffer);
    ASSERT_GT(size, 0);
    log.append(buffer, static_cast<size_t>(size));
  }
  // Opened anew, since the server's own end must go on to block.
  const int filler = open(absl::StrCat("/proc/self/fd/", ends[1]).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  while (write(filler, "x", 1) == 1) {
  }
  const absl::Time begin = absl::Now();
  kill(server, SIGTERM);
  int status = 0;
  EXPECT_TRUE(Await(absl::Seconds(20), [&] { return waitpid(server, &status, WNOHANG) == server; }));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(1 + 1) + kBusy);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  kill(server, SIGKILL);
  for (const int descriptor : {filler, ends[0], ends[1]}) close(descriptor);
}

// A storage that owes an answer, to a call and to the watch, for longer than any test lasts.
class EndWithFrozenRedis : public End {
 protected:
  EndWithFrozenRedis() {
    const std::string ring = folder_.File("ring.json");
    RunTool({BuiltBinary("clients/cli/twofold"), "admin", "keyring", "new", ring});
    flags_ = {"--keyring=file:" + ring,
              absl::StrCat("--storage=redis://", redis_.address(), "?timeout=1m&connect_timeout=1m")};
  }
  ~EndWithFrozenRedis() override {
    if (call_.joinable()) call_.join();
  }

  void FreezeWithACallUnderWay(const ServerProcess& server) {
    redis_.Pause();
    call_ = std::thread([address = server.address()] {
      RunTool(
          {BuiltBinary("clients/cli/twofold"), "methods", "ann", "--timeout", "1m", "--address", address});
    });
    EXPECT_TRUE(Await(absl::Minutes(1),
                      [&] { return absl::StrContains(server.Page("/metrics"), "\ntwofold_in_flight 1\n"); }));
  }

  RedisProcess redis_;
  std::vector<std::string> flags_;

 private:
  std::thread call_;
};

TEST_F(EndWithFrozenRedis, ItTakesTheDrainTimeoutAndASecondAtMost) {
  flags_.emplace_back("--drain_timeout=1s");
  ServerProcess server(data_, flags_);
  FreezeWithACallUnderWay(server);
  const absl::Duration time = TimeToEnd(server, 1);
  EXPECT_GE(time, absl::Seconds(1));
  EXPECT_LT(time, absl::Seconds(1 + 1) + kBusy);
  EXPECT_TRUE(absl::StrContains(server.Log(), "E ending at once: it did not end within 2s")) << server.Log();
}

TEST_F(EndWithFrozenRedis, ASecondSignalEndsItAtOnce) {
  flags_.emplace_back("--drain_timeout=1h");
  ServerProcess server(data_, flags_);
  FreezeWithACallUnderWay(server);
  server.Signal(SIGINT);
  server.AwaitLine("I stopping");
  server.Signal(SIGHUP);
  EXPECT_EQ(server.Terminate(), 1);
  EXPECT_TRUE(absl::StrContains(server.Log(), "E ending at once: it was told to stop a second time"))
      << server.Log();
}

// A limiter that accepts connections and never answers: to connect takes as long as it may.
class SilentRedis {
 public:
  SilentRedis() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 9), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentRedis() { close(listener_); }
  SilentRedis(const SilentRedis&) = delete;
  SilentRedis& operator=(const SilentRedis&) = delete;

  std::string flag() const {
    return absl::StrCat("--rate_limiter=redis://127.0.0.1:", port_, "?timeout=1m&connect_timeout=1m");
  }
  // Waits until somebody has connected. The connection is the caller's.
  int Accept() const { return accept(listener_, nullptr, nullptr); }

 private:
  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

TEST_F(End, AStartWaitsForAMachineThatHangsNoLongerThanTheStartTimeout) {
  const SilentRedis silent;
  const absl::Time begin = absl::Now();
  ServerProcess server(data_, {silent.flag(), "--start_timeout=1s"}, ServerProcess::Until::kLaunched);
  EXPECT_EQ(server.AwaitExit(), 1);
  EXPECT_GE(absl::Now() - begin, absl::Seconds(1));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(1) + kBusy);
  EXPECT_TRUE(absl::StrContains(server.Log(),
                                "\ntwofold-server: not everything could be reached within --start_timeout, "
                                "which is 1s: the limiter does not answer\n"))
      << server.Log();
  EXPECT_FALSE(std::filesystem::exists(data_));
}

TEST_F(End, AStartThatWaitsEndsAtOnceAndMakesNothing) {
  const SilentRedis silent;
  ServerProcess server(data_, {silent.flag(), "--drain_timeout=1h"}, ServerProcess::Until::kLaunched);
  // The start has reached it.
  const int accepted = silent.Accept();
  EXPECT_LT(TimeToEnd(server), kBusy);
  EXPECT_FALSE(std::filesystem::exists(data_));
  EXPECT_TRUE(absl::StrContains(server.Log(), "I stopped")) << server.Log();
  close(accepted);
}

// Whoever rotates logs does not know how far the start is.
TEST_F(End, AHangupDuringTheStartIsNoReasonToEnd) {
  const std::string waits = "--rate_limiter=redis://127.0.0.1:1";
  ServerProcess server(data_, {waits}, ServerProcess::Until::kLaunched);
  // Until the dynamic linker has put the libraries in their places, the kernel ends the process.
  std::string blocked;
  while (!absl::StartsWith(blocked, "SigBlk:\t0000000000004003")) {
    std::ifstream status(absl::StrCat("/proc/", server.pid(), "/status"));
    while (std::getline(status, blocked) && !absl::StartsWith(blocked, "SigBlk:")) {
    }
  }
  server.Signal(SIGHUP);
  server.AwaitLine("W waiting for the limiter");
  server.Signal(SIGHUP);
  EXPECT_LT(TimeToEnd(server), kBusy);
}

}  // namespace
}  // namespace twofold
