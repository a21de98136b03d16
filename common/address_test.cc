#include "common/address.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

TEST(Address, ReadsHostsPortsAndSockets) {
  struct Case {
    const char* text;
    const char* host;
    int port;
    const char* unix_path;
  };
  const Case cases[] = {
      {"127.0.0.1:50051", "127.0.0.1", 50051, ""},
      {"localhost:0", "localhost", 0, ""},
      {"[::1]:65535", "::1", 65535, ""},
      {"my-host.example_1.com:1", "my-host.example_1.com", 1, ""},
      {"unix:/run/twofold.sock", "", 0, "/run/twofold.sock"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<Address> address = ParseAddress(c.text);
    ASSERT_TRUE(address.ok()) << c.text << address.status();
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_EQ(address->unix_path, c.unix_path);
  }
}

TEST(Address, RefusesATextThatIsNoAddress) {
  const std::string cases[] = {
      "",
      "50051",
      ":50051",
      "127.0.0.1",
      "127.0.0.1:",
      "127.0.0.1:65536",
      "127.0.0.1:-1",
      "127.0.0.1: 1",
      "127.0.0.1:+1",
      "127.0.0.1:1x",
      "::1:50051",
      "[::1]",
      "[::1:50051",
      "[]:1",
      "[nonsense]:1",
      "[1.2.3.4]:1",
      "a b:1",
      "http://a:1",
      "a/b:1",
      "unix:",
      "unix:relative",
      "unix:" + std::string("/a\0b", 4),
      "127.0.0.1:99999999999999999999",
      "\n:1",
      absl::StrCat(std::string(300, 'a'), ":1"),
  };
  for (const std::string& text : cases) EXPECT_FALSE(ParseAddress(text).ok()) << text;
}

TEST(Address, AUnixPathFitsTheKernelsStructure) {
  EXPECT_TRUE(ParseAddress("unix:/" + std::string(106, 'a')).ok());
  EXPECT_EQ(ParseAddress("unix:/" + std::string(107, 'a')).status().message(),
            "the path of a unix socket has at most 107 bytes");
}

TEST(Address, KnowsLoopback) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "LOCALHOST:1", "unix:/s",
                           "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(IsLoopback(text)) << text;
  }
}

TEST(Address, AnAddressThatOthersMayReachIsNotLoopback) {
  for (const char* text :
       {"0.0.0.0:1", "[::]:1", "128.0.0.1:1", "10.0.0.1:1", "[fe80::1]:1", "[::ffff:10.0.0.1]:1",
        "example.com:1", "127.0.0.1.example.com:1", "localhost.example.com:1", "127.1:1", "nonsense"}) {
    EXPECT_FALSE(IsLoopback(text)) << text;
  }
}

}  // namespace
}  // namespace twofold
