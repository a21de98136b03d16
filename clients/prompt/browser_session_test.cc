#include "clients/prompt/browser_session.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr char kOrigin[] = "https://login.example.org";

HttpRequest From(const std::string& origin, const std::string& fetch_site) {
  HttpRequest request;
  if (!origin.empty()) request.headers["origin"] = origin;
  if (!fetch_site.empty()) request.headers["sec-fetch-site"] = fetch_site;
  return request;
}

TEST(BrowserSessionTest, TheBrowserMustSayThatAFormIsThePagesOwn) {
  EXPECT_TRUE(IsSameOrigin(From(kOrigin, ""), kOrigin));
  EXPECT_TRUE(IsSameOrigin(From("null", "same-origin"), kOrigin));
  EXPECT_TRUE(IsSameOrigin(From("", "same-origin"), kOrigin));
  EXPECT_FALSE(IsSameOrigin(From("", ""), kOrigin));
  EXPECT_FALSE(IsSameOrigin(From("null", ""), kOrigin));
  EXPECT_FALSE(IsSameOrigin(From("https://login.example.org.evil.example", "same-origin"), kOrigin));
  EXPECT_FALSE(IsSameOrigin(From("http://login.example.org", ""), kOrigin));
  for (const char* const site : {"cross-site", "same-site", "none"}) {
    EXPECT_FALSE(IsSameOrigin(From("", site), kOrigin)) << site;
  }
}

TEST(BrowserSessionTest, EachPromptHasACookieOfItsOwn) {
  const std::string cookie = SessionCookie("abc", "value", absl::Minutes(10));
  EXPECT_EQ(cookie, "__Host-tf-abc=value; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=600");
  HttpRequest request;
  request.cookies["__Host-tf-abc"] = "value";
  EXPECT_EQ(SessionOf(request, "abc"), "value");
  EXPECT_EQ(SessionOf(request, "abd"), "");
}

TEST(BrowserSessionTest, AFormTokenIsTheSessions) {
  EXPECT_EQ(FormToken("a"), FormToken("a"));
  EXPECT_NE(FormToken("a"), FormToken("b"));
  EXPECT_EQ(FormToken("a").find("a="), std::string::npos);
}

TEST(BrowserSessionTest, AnIdIsAPartOfACookiesName) {
  EXPECT_TRUE(IsPromptId("okbxgznhtdm4dtxi6vuipxf7q4"));
  for (const char* const id : {"", "A", "a=b", "a;b", "a b", "../a", "a%00"})
    EXPECT_FALSE(IsPromptId(id)) << id;
}

}  // namespace
}  // namespace twofold
