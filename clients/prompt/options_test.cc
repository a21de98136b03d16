#include "clients/prompt/options.h"

#include <vector>

#include "gtest/gtest.h"

namespace twofold {
namespace {

absl::StatusOr<PromptOptions> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "twofold-prompt");
  return ParsePromptOptions(static_cast<int>(arguments.size()), arguments.data());
}

TEST(PromptOptionsTest, NeedOnlyTheAddressForBrowsers) {
  const auto options = Parse({"--public-url=https://login.example.org/second/", "--ops_listen="});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->public_url.origin, "https://login.example.org");
  EXPECT_EQ(options->public_url.prefix, "/second");
  EXPECT_EQ(options->listen, "127.0.0.1:7480");
  EXPECT_EQ(options->ops_listen, "");
  EXPECT_EQ(Parse({"--public_url", "http://localhost:7480"})->public_url.prefix, "");
}

TEST(PromptOptionsTest, NameTheFlagThatIsWrong) {
  const std::pair<std::vector<const char*>, const char*> cases[] = {
      {{}, "--public_url"},
      {{"--public_url=http://login.example.org"}, "--public_url"},
      {{"--public_url=https://login.example.org/?a=b"}, "--public_url"},
      {{"--public_url=https://a.example", "--listen=nowhere"}, "--listen"},
      {{"--public_url=https://a.example", "--listen=unix:/tmp/x"}, "--listen"},
      {{"--public_url=https://a.example", "--trusted_proxies=proxy"}, "--trusted_proxies"},
      {{"--public_url=https://a.example", "--server=twofold.example.org:50051"}, "--server"},
      {{"--public_url=https://a.example", "--cert=a.pem"}, "--cert"},
      {{"--public_url=https://a.example", "--cert=a.pem", "--key=a.key"}, "--cert"},
      {{"--public_url=https://a.example", "--nonsense"}, "nonsense"},
      {{"--public_url=https://a.example", "--public_url=https://b.example"}, "--public_url"},
  };
  for (const auto& [arguments, flag] : cases) {
    const auto options = Parse(arguments);
    ASSERT_FALSE(options.ok()) << flag;
    EXPECT_NE(options.status().message().find(flag), std::string::npos) << options.status();
    EXPECT_EQ(options.status().message().find('\n'), std::string::npos);
  }
}

TEST(PromptOptionsTest, ExplainThemselves) {
  EXPECT_NE(Parse({"--help"})->exit_text.find("--trusted_proxies"), std::string::npos);
  EXPECT_EQ(Parse({"--version"})->exit_text.substr(0, 15), "twofold-prompt ");
}

}  // namespace
}  // namespace twofold
