#include "server/access/return_url.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

TEST(ReturnUrl, T47_TakesOneFormAlone) {
  for (const char* const good : {"https://shop.example.org/", "https://shop.example.org/a/b?c=d&e=%2F..",
                                 "https://shop.example.org:8443/login", "http://localhost:8000/done",
                                 "http://127.0.0.1:1/", "http://a.localhost/x", "https://a.org/%C3%A4"}) {
    EXPECT_TRUE(ParseReturnUrl(good).ok()) << good;
  }
  for (const char* const bad : {"",
                                "https://shop.example.org",
                                "http://shop.example.org/",
                                "HTTPS://shop.example.org/",
                                "//evil.org/",
                                "https:/evil.org/",
                                "https:evil.org/",
                                "javascript:alert(1)//",
                                "https://shop.example.org@evil.org/",
                                "https://shop.example.org:pw@evil.org/",
                                "https://evil.org\\@shop.example.org/",
                                "https://Shop.example.org/",
                                "https://shop.example.org./",
                                "https://shop..example.org/",
                                "https://shop.example.org:0/",
                                "https://shop.example.org:08443/",
                                "https://shop.example.org:99999/",
                                "https://shop.example.org/a/../b",
                                "https://shop.example.org/a/./b",
                                "https://shop.example.org//b",
                                "https://shop.example.org/a%2f..%2fb",
                                "https://shop.example.org/%2e%2e/b",
                                "https://shop.example.org/a%5cb",
                                "https://shop.example.org/a#b",
                                "https://shop.example.org/a b",
                                "https://shop.example.org/\r\nLocation: x",
                                "https://sh\xC3\xB6p.org/",
                                "https://[::1]/",
                                "https://shop.example.org/a;b"}) {
    EXPECT_FALSE(ParseReturnUrl(bad).ok()) << bad;
  }
  EXPECT_FALSE(ParseReturnUrl("https://a.org/" + std::string(kMaxReturnUrlSize, 'x')).ok());
}

TEST(ReturnUrl, T47_IsAdmittedByOriginAndWholeSegments) {
  const std::vector<std::string> allowed = {"https://shop.example.org/login", "https://a.org/"};
  for (const char* const good : {"https://shop.example.org/login", "https://shop.example.org/login/2?x=1",
                                 "https://shop.example.org/login?x=/..", "https://a.org/anything/below"}) {
    EXPECT_TRUE(CheckReturnUrl(good, allowed).ok()) << good;
  }
  for (const char* const bad :
       {"https://shop.example.org/", "https://shop.example.org/login2", "https://shop.example.org:8443/login",
        "http://shop.example.org/login", "https://shop.example.org.evil.org/login", "https://evil.org/login",
        "https://b.a.org/"}) {
    EXPECT_FALSE(CheckReturnUrl(bad, allowed).ok()) << bad;
  }
  EXPECT_FALSE(CheckReturnUrl("https://a.org/", {}).ok()) << "nobody is allowed by default";
}

}  // namespace
}  // namespace twofold
