#include "server/access/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "crypto/certificate.h"
#include "tests/harness/certificates.h"

namespace twofold {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class TlsFilesTest : public ::testing::Test {
 protected:
  static std::string Fault(const TlsPaths& paths, absl::Time now = absl::Now()) {
    const auto material = LoadTlsMaterial(paths, now);
    EXPECT_FALSE(material.ok());
    return std::string(material.status().message());
  }

  TestAuthority authority_;
  const TestAuthority::Pair pair_ = authority_.Issue("server", {"DNS:localhost"});
  const TlsPaths paths_{pair_.certificate, pair_.key, authority_.certificate()};
};

TEST_F(TlsFilesTest, TakesAPairThatFits) {
  const auto material = LoadTlsMaterial(paths_, absl::Now());
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_EQ((*material)->key_pem.text(), Read(pair_.key));
  const absl::Duration left = (*material)->not_after - absl::Now();
  EXPECT_GT(left, absl::Hours(23));
  EXPECT_LT(left, absl::Hours(25));
}

TEST_F(TlsFilesTest, RefusesWhatDoesNotFit) {
  const auto other = authority_.Issue("other", {"DNS:localhost"});
  EXPECT_THAT(Fault({pair_.certificate, other.key, ""}),
              AllOf(HasSubstr("other.key"), HasSubstr("server.crt"), HasSubstr("does not belong")));
  EXPECT_THAT(Fault(paths_, absl::Now() + absl::Hours(48)), HasSubstr("server.crt: it expired on "));
  EXPECT_THAT(Fault(paths_, absl::Now() - absl::Hours(48)), HasSubstr("it is not valid before "));
  EXPECT_THAT(Fault({pair_.key, pair_.key, ""}), HasSubstr("it has no certificate in PEM"));
  EXPECT_THAT(Fault({pair_.certificate, pair_.certificate, ""}), HasSubstr("others"));
  EXPECT_THAT(Fault({pair_.certificate, pair_.key, pair_.key}), HasSubstr("no certificate"));
  EXPECT_THAT(Fault({authority_.File("none"), pair_.key, ""}), HasSubstr("none"));
  EXPECT_THAT(Fault({pair_.certificate, pair_.key, pair_.certificate}), HasSubstr("may issue others"));
  const auto client = authority_.Issue("client", {"DNS:localhost"}, 1, "clientAuth");
  EXPECT_THAT(Fault({client.certificate, client.key, ""}), HasSubstr("does not allow TLS servers"));
}

// gRPC would only log that it does not take the pair, and serve nobody.
TEST_F(TlsFilesTest, RefusesAKeyThatIsTooWeakForTls) {
  const std::string certificate = authority_.File("weak.crt");
  const std::string key = authority_.File("weak.key");
  ASSERT_EQ(RunTool({"openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak", "-days",
                     "1", "-keyout", key, "-out", certificate})
                .exit_code,
            0);
  EXPECT_THAT(Fault({certificate, key, ""}), HasSubstr("weak.crt: TLS does not take it: "));
}

TEST_F(TlsFilesTest, ReadsTheIdentitiesOfACertificate) {
  const auto client =
      authority_.Issue("client", {"URI:spiffe://test/web", "DNS:web.test", "email:web@test", "IP:127.0.0.1"});
  const auto certificate = ReadCertificate(Read(client.certificate));
  ASSERT_TRUE(certificate.ok());
  EXPECT_THAT(certificate->identities,
              ElementsAre("uri:spiffe://test/web", "dns:web.test", "email:web@test"));
  EXPECT_EQ(certificate->subject, "CN=twofold test client");
}

}  // namespace
}  // namespace twofold
