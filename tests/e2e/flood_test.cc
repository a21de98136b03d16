// L5: what clients do that mean no good, against the whole server.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

// A client that speaks HTTP/2 by hand (RFC 9113 §4).
class RawClient {
 public:
  explicit RawClient(const std::string& address) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    const timeval limit{60, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    // A server whose answers nobody takes stops reading in the end.
    const timeval send_limit{5, 0};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof(send_limit));
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(socket_); }

  static std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
    std::string frame;
    for (const int shift : {16, 8, 0}) frame.push_back(static_cast<char>(payload.size() >> shift));
    frame.push_back(static_cast<char>(type));
    frame.push_back(static_cast<char>(flags));
    for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(stream >> shift));
    return frame + payload;
  }
  static std::string Preface() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, ""); }
  // HEADERS of a call whose request is still to come.
  static std::string Headers(uint32_t stream) {
    constexpr uint8_t kHeaders = 1;
    constexpr uint8_t kEndHeaders = 4;
    const std::string path = "/twofold.v1.TwoFactorService/ListMethods";
    const std::string type = "application/grpc";
    // :method POST, :scheme http, :path, :authority x, content-type, te trailers (RFC 7541, appendix A).
    std::string block = "\x83\x86\x04";
    block += static_cast<char>(path.size());
    block += path + "\x01\x01x\x0f\x10";
    block += static_cast<char>(type.size());
    block += type;
    block += std::string("\0\x02te\x08trailers", 13);
    return Frame(kHeaders, kEndHeaders, stream, block);
  }
  static std::string Reset(uint32_t stream) {
    constexpr uint8_t kReset = 3;
    return Frame(kReset, 0, stream, std::string("\0\0\0\x08", 4));
  }

  // Whether the server still takes it.
  bool Send(const std::string& bytes) const {
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t count = send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<size_t>(count);
    }
    return true;
  }
  // Whether the server ends the connection within a minute.
  bool AwaitEnd() const {
    std::array<char, 4096> bytes{};
    for (;;) {
      const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
      if (count <= 0) return true;
    }
  }

 private:
  const int socket_;
};

class Flood : public ::testing::Test {
 protected:
  static TwofoldClient ClientOf(const ServerProcess& server, absl::Duration timeout) {
    ClientOptions options;
    options.address = server.address();
    options.timeout = timeout;
    return TwofoldClient(options);
  }
  static bool Answers(TwofoldClient& client) {
    v1::ListMethodsRequest request;
    request.set_user_id("ann");
    return client.ListMethods(request).ok();
  }
  // The most memory that it has had.
  static int PeakMegabytes(const ServerProcess& server) {
    std::ifstream status(absl::StrCat("/proc/", server.pid(), "/status"));
    int64_t kilobytes = 0;
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("VmHWM:", 0) == 0) kilobytes = std::stoll(line.substr(6));
    }
    return static_cast<int>(kilobytes / 1024);
  }

  const TempFolder folder_;
};

// Unless the client is so slow that the server keeps up, its connection is ended on the way.
TEST_F(Flood, L5_ResetStreamsTakeLittleMemoryAndOthersAreAnswered) {
  constexpr uint32_t kStreams = 100'000;
  ServerProcess server(folder_.File("data"), {"--audit_log=none"});
  TwofoldClient client = ClientOf(server, absl::Seconds(60));
  ASSERT_TRUE(Answers(client));
  for (int attack = 0; attack < 2; ++attack) {
    RawClient flood(server.address());
    ASSERT_TRUE(flood.Send(RawClient::Preface()));
    uint32_t stream = 1;
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    for (bool taken = true; taken && stream < 2 * kStreams && absl::Now() < deadline;) {
      std::string frames;
      for (int i = 0; i < 500; ++i, stream += 2)
        frames += RawClient::Headers(stream) + RawClient::Reset(stream);
      taken = flood.Send(frames);
    }
    std::cout << "sent " << stream / 2 << " of " << kStreams << " streams\n";
    EXPECT_TRUE(Answers(client));
  }
  EXPECT_LT(PeakMegabytes(server), 600);
  EXPECT_EQ(server.Terminate(), 0);
}

TEST_F(Flood, L5_SilentConnectionsMakeRoomAndAreClosed) {
  ServerProcess server(folder_.File("data"), {"--max_connections=8", "--audit_log=none"});
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<RawClient>(server.address()));
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  bool answered = false;
  while (!answered && absl::Now() < deadline) {
    TwofoldClient client = ClientOf(server, absl::Seconds(5));
    answered = Answers(client);
  }
  EXPECT_TRUE(answered);
  for (const auto& client : silent) EXPECT_TRUE(client->AwaitEnd());
  EXPECT_EQ(server.Terminate(), 0);
}

}  // namespace
}  // namespace twofold
