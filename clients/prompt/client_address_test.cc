#include "clients/prompt/client_address.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

TrustedProxies Proxies(absl::string_view text) {
  const absl::StatusOr<TrustedProxies> proxies = TrustedProxies::Parse(text);
  EXPECT_TRUE(proxies.ok()) << proxies.status();
  return proxies.value_or(TrustedProxies());
}

TEST(ClientAddressTest, NobodyIsBelievedUnlessListed) {
  EXPECT_EQ(Proxies("").ClientOf("192.0.2.1", "198.51.100.7"), "192.0.2.1");
  EXPECT_EQ(Proxies("10.0.0.0/8").ClientOf("192.0.2.1", "198.51.100.7"), "192.0.2.1");
}

TEST(ClientAddressTest, TheLastAddressThatIsNoProxyCounts) {
  const TrustedProxies proxies = Proxies("10.0.0.0/8, 2001:db8::/32");
  EXPECT_EQ(proxies.ClientOf("10.1.2.3", "198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(proxies.ClientOf("10.1.2.3", "6.6.6.6, 198.51.100.7, 10.9.9.9"), "198.51.100.7");
  EXPECT_EQ(proxies.ClientOf("2001:db8::1", "198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(proxies.ClientOf("::ffff:10.1.2.3", "198.51.100.7"), "198.51.100.7");
}

TEST(ClientAddressTest, WhatCannotBeReadIsNotFollowed) {
  const TrustedProxies proxies = Proxies("10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "198.51.100.7, unknown"), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "10.0.0.1, 10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("", "198.51.100.7"), "");
}

TEST(ClientAddressTest, RefusesWhatIsNoNetwork) {
  for (const char* const text : {"proxy.example.org", "10.0.0.0/33", "10.0.0", "::/129", "*"}) {
    EXPECT_FALSE(TrustedProxies::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace twofold
