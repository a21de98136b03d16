// Key rings whose keys a Transit service wraps.

#include "crypto/transit/transit.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/builtins.h"
#include "tests/fakes/fake_clock.h"
#include "tests/transit/transit_server.h"

namespace twofold {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TransitTest : public testing::Test {
 protected:
  std::unique_ptr<KeySource> Open(const std::string& uri) {
    absl::StatusOr<std::unique_ptr<KeySource>> source = BuiltinKeySources().Open(uri);
    EXPECT_TRUE(source.ok()) << source.status();
    return source.ok() ? *std::move(source) : nullptr;
  }
  // Makes a ring with one key that `server` wrapped.
  void Create(const TransitServer& server) {
    const auto source = Open(server.Uri(ring_));
    ASSERT_EQ(CreateKeyRingFile(ring_, SystemRandom(), clock_, source->wrapper()), absl::OkStatus());
  }
  absl::Status LoadError(const std::string& uri) { return Open(uri)->Load().status(); }
  std::string RingText() const {
    std::ifstream file(ring_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  const TempFolder folder_;
  const std::string ring_ = folder_.File("ring.json");
  const FakeClock clock_;
};

TEST_F(TransitTest, TheFileHoldsWrappedKeysAlone) {
  const TransitServer server;
  Create(server);
  EXPECT_THAT(RingText(), AllOf(HasSubstr("\"wrapped_key\": \"vault:v1:"), Not(HasSubstr("\"key\""))));
  EXPECT_THAT(LoadKeyRingFile(ring_).status().message(), HasSubstr("key 1 is wrapped"));
  const auto first = Open(server.Uri(ring_))->Load();
  const auto second = Open(server.Uri(ring_))->Load();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE((*first)->HasSameKey(1, **second));
}

TEST_F(TransitTest, ARingInClearIsTakenOverKeyByKey) {
  const TransitServer server;
  ASSERT_EQ(CreateKeyRingFile(ring_, SystemRandom(), clock_), absl::OkStatus());
  const auto clear = LoadKeyRingFile(ring_);
  const auto source = Open(server.Uri(ring_));
  EXPECT_EQ(AddKeyToFile(ring_, SystemRandom(), clock_, source->wrapper()).value(), 2U);
  const auto both = source->Load();
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_TRUE((*both)->HasSameKey(1, **clear));
  EXPECT_TRUE((*both)->HasKey(2));
  EXPECT_THAT(AddKeyToFile(ring_, SystemRandom(), clock_).status().message(), HasSubstr("has wrapped keys"));
  ASSERT_EQ(PromoteKeyInFile(ring_, 2), absl::OkStatus());
  ASSERT_EQ(RemoveKeyFromFile(ring_, 1), absl::OkStatus());
  EXPECT_EQ((*source->Load())->key_ids(), std::vector<uint32_t>{2});
}

TEST_F(TransitTest, WhatIsKnownNeedsTheServiceNoMore) {
  TransitServer server;
  Create(server);
  const auto source = Open(server.Uri(ring_));
  ASSERT_TRUE(source->Load().ok());
  ASSERT_TRUE(AddKeyToFile(ring_, SystemRandom(), clock_, source->wrapper()).ok());
  server.Seal();
  EXPECT_THAT(source->Load().status().message(),
              AllOf(HasSubstr("key 2 of the key ring " + ring_), HasSubstr("it is sealed: Vault is sealed")));
  EXPECT_TRUE(absl::IsUnavailable(source->Load().status()));
  server.Unseal();
  ASSERT_TRUE(source->Load().ok());
  server.Stop();
  ASSERT_EQ(PromoteKeyInFile(ring_, 2), absl::OkStatus());
  const auto promoted = source->Load();
  ASSERT_TRUE(promoted.ok()) << promoted.status();
  EXPECT_EQ((*promoted)->primary_key_id(), 2U);
  EXPECT_TRUE(absl::IsUnavailable(LoadError(server.Uri(ring_)))) << "a new process knows no key";
}

TEST_F(TransitTest, TheTokenIsReadForEachRequestAndNeverShown) {
  const TransitServer server;
  Create(server);
  const auto source = Open(server.Uri(ring_));
  server.SetToken("s.second");
  EXPECT_TRUE(source->Load().ok());
  const std::string wrong = folder_.File("token");
  const std::string uri =
      absl::StrCat("transit+http:", server.place(), "/transit/ring?keyring=", ring_, "&token_file=", wrong);
  EXPECT_THAT(LoadError(uri).message(), HasSubstr(wrong));
  std::ofstream(wrong) << "s.wrong";
  chmod(wrong.c_str(), 0644);
  EXPECT_THAT(LoadError(uri).message(), HasSubstr("chmod o-r"));
  chmod(wrong.c_str(), 0600);
  EXPECT_EQ(LoadError(uri).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(LoadError(uri).message(), AllOf(HasSubstr("refuses the token in " + wrong),
                                              HasSubstr("permission denied"), Not(HasSubstr("s.wrong"))));
  std::ofstream(wrong) << "two\r\nX-Header: lines";
  EXPECT_THAT(LoadError(uri).message(), HasSubstr("does not hold one token"));
}

TEST_F(TransitTest, AnswersThatAreNoneAreErrorsAndEndInTime) {
  const TransitServer server;
  Create(server);
  const auto message = [&](const std::string& key) {
    return std::string(LoadError(server.Uri(ring_, key) + "&timeout=1s").message());
  };
  EXPECT_THAT(message("missing"), HasSubstr("refuses the request for the key missing of transit: encryption "
                                            "key not found"));
  EXPECT_THAT(message("slow"), HasSubstr("does not answer: "));
  EXPECT_THAT(message("endless"), HasSubstr("the answer is too long"));
  EXPECT_THAT(message("redirect"), HasSubstr("HTTP status 307"));
  EXPECT_THAT(message("html"), HasSubstr("is no Transit service"));
  EXPECT_THAT(message("empty"), HasSubstr("its answer holds no plaintext"));
  EXPECT_THAT(message("short"), HasSubstr("key 1 is not 32 bytes long"));
  const auto empty = Open(server.Uri(ring_, "empty"));
  EXPECT_THAT(empty->wrapper()->Wrap(SecretBytes::Zeros(32)).status().message(), HasSubstr("no ciphertext"));
}

TEST_F(TransitTest, OnlyACertificateOfTheNamedAuthorityIsTrusted) {
  const TlsFiles tls;
  const TlsFiles other;
  const TransitServer server(&tls);
  Create(server);
  EXPECT_TRUE(Open(server.Uri(ring_))->Load().ok());
  const std::string uri = absl::StrCat("transit+https:", server.place(), "/transit/ring?keyring=", ring_,
                                       "&token_file=", server.token_file());
  EXPECT_THAT(LoadError(uri).message(), HasSubstr("certificate"));
  EXPECT_THAT(LoadError(uri + "&ca=" + other.ca()).message(), HasSubstr("certificate"));
  const TlsFiles elsewhere("DNS:elsewhere.example");
  const TransitServer misnamed(&elsewhere);
  EXPECT_THAT(LoadError(misnamed.Uri(ring_)).message(), HasSubstr("certificate subject name"));
}

TEST_F(TransitTest, MalformedUrisAreRefusedWithoutTheirText) {
  for (const char* rest :
       {"", "//host", "//host:8200", "//host:8200/", "//host:8200/transit", "//host:8200//ring",
        "//host:8200/transit/../ring", "//host:8200/transit/a%2fb", "//host/transit/ring",
        "//s.token@host:8200/transit/ring", "unix:/socket", "//host:8200/transit/ring?secret=1"}) {
    const std::string options = "keyring=/k&token_file=/t";
    const std::string uri = absl::StrCat(
        "transit+https:", rest, std::string(rest).find('?') == std::string::npos ? "?" : "&", options);
    const absl::Status status = BuiltinKeySources().Check(uri);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << uri;
    EXPECT_THAT(status.message(), Not(HasSubstr("s.token"))) << uri;
  }
  const auto check = [](const std::string& uri) { return BuiltinKeySources().Check(uri); };
  EXPECT_EQ(check("transit+https://host:8200/ns/transit/ring?keyring=/k&token_file=/t&timeout=2s"),
            absl::OkStatus());
  EXPECT_THAT(check("transit+https://host:8200/transit/ring?token_file=/t").message(), HasSubstr("keyring"));
  EXPECT_THAT(check("transit+https://host:8200/transit/ring?keyring=/k").message(), HasSubstr("token_file"));
  EXPECT_THAT(check("transit+http://host:8200/transit/ring?keyring=/k&token_file=/t").message(),
              HasSubstr("without TLS the host must be this machine"));
  EXPECT_EQ(check("transit+http://[::1]:8200/transit/ring?keyring=/k&token_file=/t"), absl::OkStatus());
}

}  // namespace
}  // namespace twofold
