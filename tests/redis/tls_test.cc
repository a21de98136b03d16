// rediss:// and sockets in the file system.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/redis/harness/fault_proxy.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/harness/tls_files.h"
#include "tests/redis/witness.h"

namespace twofold {
namespace {

class Tls : public testing::Test {
 protected:
  // Without a client's certificate.
  std::string Uri(const std::string& host, int port, const TlsFiles& trusted) const {
    return absl::StrCat(QuickUri(absl::StrCat(host, ":", port), "rediss"), "&tls_ca=", trusted.ca());
  }
  static std::string Showing(const std::string& uri, const TlsFiles& shown) {
    return absl::StrCat(uri, "&tls_cert=", shown.client_certificate(), "&tls_key=", shown.client_key());
  }
  std::string Good(const std::string& host = "127.0.0.1") const {
    return Showing(Uri(host, redis_.tls_port(), files_), files_);
  }

  const TlsFiles files_;
  const TlsFiles strangers_;
  RedisProcess redis_{{.tls = &files_}};
};

TEST_F(Tls, WorksByAddressAndByName) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    Witness witness(redis_, Good(host));
    EXPECT_TRUE(witness.Try().all_ok());
    witness.CheckServer();
    redis_.Command({"FLUSHALL"});
  }
}

TEST_F(Tls, AnotherAuthorityIsRefused) {
  const std::string uri = Showing(Uri("127.0.0.1", redis_.tls_port(), strangers_), files_);
  ExpectUnavailable(OpenStorageAndLimiter(uri), "certificate verify failed");
  // Nor are the system's authorities a way in.
  const std::string no_ca = absl::StrCat("rediss://127.0.0.1:", redis_.tls_port());
  ExpectUnavailable(OpenStorageAndLimiter(no_ca), "certificate verify failed");
}

TEST_F(Tls, AnotherNameIsRefused) {
  const TlsFiles elsewhere("DNS:redis.example,IP:10.0.0.1");
  const RedisProcess redis({.tls = &elsewhere});
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const std::string uri = Showing(Uri(host, redis.tls_port(), elsewhere), elsewhere);
    ExpectUnavailable(OpenStorageAndLimiter(uri), "certificate verify failed");
  }
}

TEST_F(Tls, AClientsCertificateIsDemanded) {
  const std::string without = Uri("127.0.0.1", redis_.tls_port(), files_);
  // The server's alert may be overtaken by the end of the connection, so only its log tells more for certain.
  ExpectUnavailable(OpenStorageAndLimiter(without), "the connection ended during login");
  EXPECT_TRUE(absl::StrContains(redis_.Log(), "peer did not return a certificate")) << redis_.Log();
  ExpectUnavailable(OpenStorageAndLimiter(Showing(without, strangers_)), "the connection ended during login");
}

TEST_F(Tls, FilesThatAreMissingAreNamed) {
  const std::string uri = absl::StrCat(QuickUri(redis_.address(), "rediss"), "&tls_ca=/nonexistent/ca.pem");
  const absl::Status opened = OpenStorageAndLimiter(uri);
  EXPECT_EQ(opened.code(), absl::StatusCode::kInvalidArgument) << opened;
  EXPECT_NE(opened.message().find("/nonexistent/ca.pem"), std::string::npos) << opened;
}

TEST_F(Tls, RecoversFromFaults) {
  FaultProxy proxy(redis_.tls_port());
  Witness witness(redis_, Showing(Uri("127.0.0.1", proxy.port(), files_), files_));
  for (size_t bytes = 0; bytes < 6000; bytes += 173) {
    proxy.CutAfterReplyBytes(bytes, bytes % 2 == 0 ? CutBy::kReset : CutBy::kClose);
    witness.Try();
    proxy.Cut();
    // Within the handshake, the login or a reply.
    witness.Try();
    proxy.Heal();
    witness.AwaitRecovery("a cut");
  }
  proxy.BlackHole();
  const absl::Status put = witness.PutAlone();
  EXPECT_TRUE(absl::IsUnknown(put)) << put;
  witness.AwaitRefusal("cannot connect to Redis at " + proxy.address());
  proxy.Cut();
  proxy.Heal();
  witness.AwaitRecovery("a black hole");
  witness.CheckServer();
}

TEST_F(Tls, AHandshakeThatIsNeverAnsweredEndsInTime) {
  FaultProxy proxy(redis_.tls_port());
  Witness witness(redis_, Showing(Uri("127.0.0.1", proxy.port(), files_), files_));
  // TCP connects, and then nothing comes.
  proxy.BlackHole(Direction::kReplies);
  proxy.Cut();
  const absl::Time begin = absl::Now();
  witness.AwaitRefusal("the TLS handshake takes too long");
  EXPECT_LT(absl::Now() - begin, absl::Milliseconds(500 + 400));
  proxy.Cut();
  proxy.Heal();
  witness.AwaitRecovery("a silent handshake");
}

TEST_F(Tls, ConnectTimeoutIsForHandshakeAndLoginTogether) {
  FaultProxy proxy(redis_.tls_port());
  Witness witness(redis_, Showing(Uri("127.0.0.1", proxy.port(), files_), files_));
  // Less than the timeout for each of them, more for both.
  proxy.Delay(Direction::kReplies, absl::Milliseconds(350));
  proxy.Cut();
  const absl::Time begin = absl::Now();
  witness.AwaitRefusal("cannot ");
  EXPECT_LT(absl::Now() - begin, absl::Milliseconds(500 + 400));
}

TEST(UnixSocket, Works) {
  RedisProcess redis({.lines = {"appendonly yes", "appendfsync always"}, .unix_socket = true});
  Witness witness(redis, QuickUri(redis.unix_socket(), "redis+unix") + "&db=2");
  EXPECT_TRUE(witness.Try().all_ok());
  EXPECT_NE(redis.Command({"INFO", "keyspace"}).find("db2:keys="), std::string::npos);
  redis.Kill();
  witness.AwaitRefusal(redis.unix_socket());
  redis.Start();
  witness.AwaitRecovery("kill -9");
}

}  // namespace
}  // namespace twofold
