#include "server/access/forwarded_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twofold {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ForwardedIdentity, ReadsUriAndDns) {
  EXPECT_THAT(*ParseForwardedIdentity("By=spiffe://test/me;Hash=ab12;Subject=\"\";URI=spiffe://test/web"),
              ElementsAre("uri:spiffe://test/web"));
  EXPECT_THAT(*ParseForwardedIdentity("Hash=ab;DNS=a.test;DNS=b.test;URI=x"),
              ElementsAre("dns:a.test", "dns:b.test", "uri:x"));
  EXPECT_THAT(*ParseForwardedIdentity("uri=\"spiffe://test/a,b;c\""), ElementsAre("uri:spiffe://test/a,b;c"));
  EXPECT_THAT(*ParseForwardedIdentity("Hash=ab"), IsEmpty());
}

// A subject is text of the client's. Nothing in it may count as a pair of its own.
TEST(ForwardedIdentity, QuotedTextIsNoPair) {
  EXPECT_THAT(
      *ParseForwardedIdentity(R"(Hash=ab;Subject="CN=x\";URI=spiffe://test/root\"";URI=spiffe://test/web)"),
      ElementsAre("uri:spiffe://test/web"));
  EXPECT_THAT(*ParseForwardedIdentity(R"(Subject="CN=a,URI=evil;URI=evil")"), IsEmpty());
}

TEST(ForwardedIdentity, RefusesSeveralElementsAndWhatIsMalformed) {
  for (const char* const header :
       {"", "URI", "=x", "URI=a,URI=b", "Hash=a,", "URI=\"a", "URI=\"a\"b", "URI=\"a\\", ";URI=a", "URI=a;",
        "URI=a;;DNS=b", "\"URI\"=a", "Hash=ab;URI="}) {
    EXPECT_FALSE(ParseForwardedIdentity(header).ok()) << header;
  }
}

}  // namespace
}  // namespace twofold
