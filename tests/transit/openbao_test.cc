// Key rings whose keys a real OpenBao wraps. ./dev soak runs this where the command bao is there.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/builtins.h"
#include "tests/fakes/fake_clock.h"
#include "tests/harness/await.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/child_process.h"
#include "tests/redis/harness/reserved_port.h"

namespace twofold {
namespace {

using testing::HasSubstr;

class OpenBaoTest : public testing::Test {
 protected:
  OpenBaoTest() {
    pid_ = StartChild({"bao", "server", "-dev", "-dev-no-store-token", "-dev-root-token-id=root",
                       absl::StrCat("-dev-listen-address=", address_)},
                      folder_.File("log"));
    EXPECT_TRUE(Await(absl::Minutes(1), [this] { return Bao({"status"}).exit_code == 0; }));
    Run({"secrets", "enable", "transit"});
    Run({"write", "-f", "transit/keys/twofold"});
    SetToken("root");
  }
  ~OpenBaoTest() override {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  ToolResult Bao(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), {"env", "BAO_ADDR=http://" + address_, "BAO_TOKEN=root", "bao"});
    return RunTool(arguments, input);
  }
  std::string Run(const std::vector<std::string>& arguments, const std::string& input = "") const {
    const ToolResult result = Bao(arguments, input);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    return result.out;
  }

  void SetToken(const std::string& token) const {
    std::ofstream(token_file_) << token;
    chmod(token_file_.c_str(), 0600);
  }
  std::unique_ptr<KeySource> Open(const std::string& key = "twofold") const {
    return *BuiltinKeySources().Open(absl::StrCat("transit+http://", address_, "/transit/", key,
                                                  "?keyring=", ring_, "&token_file=", token_file_));
  }
  std::string LoadError(KeySource& source) const { return std::string(source.Load().status().message()); }

  const TempFolder folder_;
  const std::string ring_ = folder_.File("ring.json");
  const std::string token_file_ = folder_.File("token");
  const FakeClock clock_;
  const ReservedPort port_;
  const std::string address_ = absl::StrCat("127.0.0.1:", port_.number());
  pid_t pid_ = -1;
};

TEST_F(OpenBaoTest, WrapsTheKeysOfARingThroughARotation) {
  const auto source = Open();
  ASSERT_EQ(CreateKeyRingFile(ring_, SystemRandom(), clock_, source->wrapper()), absl::OkStatus());
  const auto first = source->Load();
  ASSERT_TRUE(first.ok()) << first.status();
  // A version of the service's own key comes and goes without the ring noticing.
  Run({"write", "-f", "transit/keys/twofold/rotate"});
  ASSERT_EQ(AddKeyToFile(ring_, SystemRandom(), clock_, source->wrapper()).value(), 2U);
  ASSERT_EQ(PromoteKeyInFile(ring_, 2), absl::OkStatus());
  const auto both = Open()->Load();
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_TRUE((*both)->HasSameKey(1, **first));
  ASSERT_EQ(RemoveKeyFromFile(ring_, 1), absl::OkStatus());
  EXPECT_EQ((*Open()->Load())->key_ids(), std::vector<uint32_t>{2});
}

TEST_F(OpenBaoTest, AServersTokenNeedsNoMoreThanToDecrypt) {
  ASSERT_EQ(CreateKeyRingFile(ring_, SystemRandom(), clock_, Open()->wrapper()), absl::OkStatus());
  Run({"policy", "write", "server", "-"}, "path \"transit/decrypt/twofold\" { capabilities = [\"update\"] }");
  const std::string token = Run({"token", "create", "-policy=server", "-field=token"});
  SetToken(std::string(absl::StripTrailingAsciiWhitespace(token)));
  const auto source = Open();
  EXPECT_TRUE(source->Load().ok());
  EXPECT_THAT(AddKeyToFile(ring_, SystemRandom(), clock_, source->wrapper()).status().message(),
              HasSubstr("refuses the token"));
}

TEST_F(OpenBaoTest, ItsRefusalsAreTold) {
  ASSERT_EQ(CreateKeyRingFile(ring_, SystemRandom(), clock_, Open()->wrapper()), absl::OkStatus());
  const auto known = Open();
  ASSERT_TRUE(known->Load().ok());
  const auto missing = Open("missing");
  EXPECT_THAT(LoadError(*missing), HasSubstr("the key missing of transit"));
  SetToken("wrong");
  const auto refused = Open();
  EXPECT_THAT(LoadError(*refused), HasSubstr("refuses the token"));
  SetToken("root");
  Run({"operator", "seal"});
  const auto sealed = Open();
  EXPECT_THAT(LoadError(*sealed), HasSubstr("it is sealed"));
  EXPECT_TRUE(known->Load().ok()) << "what is known needs no service";
}

}  // namespace
}  // namespace twofold
