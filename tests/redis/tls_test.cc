// rediss:// and sockets in the file system.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "storage/backend_uri.h"
#include "storage/redis/redis_storage.h"
#include "tests/harness/await.h"
#include "tests/harness/tool.h"
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
  ExpectRefused(OpenStorageAndLimiter(uri), "certificate verify failed");
  ExpectRefused(OpenStorageAndLimiter(uri),
                "self-signed certificate in certificate chain, at depth 1: CN=twofold test ca");
  // Nor are the system's authorities a way in.
  const std::string no_ca = absl::StrCat("rediss://127.0.0.1:", redis_.tls_port());
  ExpectRefused(OpenStorageAndLimiter(no_ca), "certificate verify failed");
}

TEST_F(Tls, AnotherNameIsRefused) {
  const TlsFiles elsewhere("DNS:redis.example,IP:10.0.0.1");
  const RedisProcess redis({.tls = &elsewhere});
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const std::string uri = Showing(Uri(host, redis.tls_port(), elsewhere), elsewhere);
    ExpectRefused(OpenStorageAndLimiter(uri),
                  absl::StrCat("the certificate of CN=twofold test server is not for ", host));
  }
}

TEST_F(Tls, AClientsCertificateIsDemanded) {
  const std::string without = Uri("127.0.0.1", redis_.tls_port(), files_);
  // The server's alert may be overtaken by the end of the connection, so only its log tells more
  // for certain.
  ExpectUnavailable(OpenStorageAndLimiter(without), "the connection ended during login");
  EXPECT_TRUE(absl::StrContains(redis_.Log(), "peer did not return a certificate")) << redis_.Log();
  ExpectUnavailable(OpenStorageAndLimiter(Showing(without, strangers_)), "the connection ended during login");
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamedWithTheReason) {
  const TempFolder folder;
  const std::string empty = folder.File("empty.pem");
  const std::string text = folder.File("text.pem");
  const std::string open_key = folder.File("open.key");
  std::ofstream(empty) << "";
  std::ofstream(text) << "no certificate";
  std::filesystem::copy_file(files_.client_key(), open_key);
  ASSERT_EQ(chmod(open_key.c_str(), 0644), 0);
  ASSERT_EQ(chmod(text.c_str(), 0600), 0);
  const std::string ca = absl::StrCat(QuickUri(redis_.address(), "rediss"), "&tls_ca=");
  const std::string pair =
      absl::StrCat(ca, files_.ca(), "&tls_cert=", files_.client_certificate(), "&tls_key=");
  const std::pair<std::string, std::string> cases[] = {
      {ca + "/nonexistent/ca.pem", "tls_ca: /nonexistent/ca.pem does not exist"},
      {ca + folder.path(), "is a folder and not a regular file"},
      {ca + empty, "is empty"},
      {ca + text, "cannot be used: no start line"},
      {pair + text, "tls_key: " + text + " cannot be used: "},
      {pair + files_.server_key(), "key values mismatch"},
      {pair + open_key, "may be read by others (mode 0644): chmod o-r " + open_key},
  };
  for (const auto& [uri, why] : cases) {
    const absl::Status opened = OpenStorageAndLimiter(uri);
    EXPECT_EQ(opened.code(), absl::StatusCode::kInvalidArgument) << opened;
    EXPECT_TRUE(absl::StrContains(opened.message(), why)) << opened << " lacks " << why;
  }
}

// As certificate managers do, but one file at a time.
TEST(TlsRenewal, NewFilesAreUsedWithoutARestartAndAHalfOfAPairIsNot) {
  const TlsFiles files;
  const TlsFiles renewed;
  RedisProcess redis({.tls = &files});
  const std::string uri =
      absl::StrCat(QuickUri(absl::StrCat("127.0.0.1:", redis.tls_port()), "rediss"), "&tls_ca=", files.ca(),
                   "&tls_cert=", files.client_certificate(), "&tls_key=", files.client_key());
  absl::Mutex mutex;
  std::string warnings;
  const auto storage = OpenRedisStorage(ParseBackendUri(uri).value(), [&](const std::string& sentence) {
    absl::MutexLock lock(&mutex);
    absl::StrAppend(&warnings, sentence, "\n");
  });
  ASSERT_TRUE(storage.ok()) << storage.status();
  const auto works = [&storage] { return absl::IsNotFound(SyncWait(storage->storage->Get("key")).status()); };
  const auto copy = [](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  };
  EXPECT_TRUE(works());

  copy(renewed.client_certificate(), files.client_certificate());
  EXPECT_TRUE(Await(absl::Seconds(10), [&] {
    absl::MutexLock lock(&mutex);
    return absl::StrContains(warnings, files.client_key() + " cannot be used: key values mismatch");
  })) << warnings;
  redis.Command({"CLIENT", "KILL", "TYPE", "normal"});
  EXPECT_TRUE(Await(kRecoveryLimit, works));

  copy(renewed.client_key(), files.client_key());
  copy(renewed.server_certificate(), files.server_certificate());
  copy(renewed.server_key(), files.server_key());
  copy(renewed.ca(), files.ca());
  redis.Kill();
  redis.Start();
  EXPECT_TRUE(Await(absl::Seconds(10), works)) << SyncWait(storage->storage->Get("key")).status();
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
