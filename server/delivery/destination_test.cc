#include "server/delivery/destination.h"

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using v1::METHOD_TYPE_EMAIL;
using v1::METHOD_TYPE_SMS;
using v1::METHOD_TYPE_TOTP;

TEST(Destination, InternationalNumbersAreAccepted) {
  for (const char* number : {"+12025550123", "+4915112345678", "+12345678", "+123456789012345"}) {
    EXPECT_EQ(CheckPhoneNumber(number), absl::OkStatus()) << number;
    EXPECT_EQ(CheckDestination(METHOD_TYPE_SMS, number), absl::OkStatus()) << number;
  }
}

TEST(Destination, EverythingElseIsNoNumber) {
  using namespace std::string_literals;
  const std::string bad[] = {"", "+", "12025550123", "0049151123456", "+0123456789", "+1234567",
                             "+1234567890123456", "+1 202 555 0123", "+1-202-555-0123", "++12025550123",
                             "+12025550123\n", "+12025550123\r\nX: y", "+1202555\0000123"s, "+1202555O123",
                             "+12025550123,+12025550124", "tel:+12025550123", "+12025550123;ext=1",
                             // Arabic-Indic digits, and a full-width plus sign.
                             "+\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4\xD9\xA5", "\357\274\21312025550123"};
  for (const std::string& number : bad) {
    const absl::Status status = CheckPhoneNumber(number);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << number;
    EXPECT_TRUE(number.size() < 2 || !absl::StrContains(status.message(), number)) << number;
  }
}

TEST(Destination, PlainAddressesAreAccepted) {
  const std::string label(63, 'a');
  const std::string longest = std::string(64, 'l') + "@" + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(longest.size(), 254U);
  for (const std::string& address :
       {std::string("a@b.cd"), std::string("first.last+tag@mail.example.org"),
        std::string("o'neil@example.org"), std::string("a=b/c{d}~e@xn--bcher-kva.example"),
        std::string("-@1.2a"), longest}) {
    EXPECT_EQ(CheckEmailAddress(address), absl::OkStatus()) << address;
    EXPECT_EQ(CheckDestination(METHOD_TYPE_EMAIL, address), absl::OkStatus()) << address;
  }
}

TEST(Destination, EverythingElseIsNoAddress) {
  using namespace std::string_literals;
  const std::string label(63, 'a');
  const std::string bad[] = {"",
                             "@",
                             "a",
                             "a@",
                             "@b.cd",
                             "a@b",
                             "a@b.",
                             "a@.b",
                             "a@b..cd",
                             "a@@b.cd",
                             "a@b.cd@e.fg",
                             ".a@b.cd",
                             "a.@b.cd",
                             "a..b@c.de",
                             "\"a\"@b.cd",
                             "a b@c.de",
                             "a@b c.de",
                             "a@b.cd ",
                             " a@b.cd",
                             "a@b.cd,e@f.gh",
                             "a@b.cd;e@f.gh",
                             "A <a@b.cd>",
                             "<a@b.cd>",
                             "a(comment)@b.cd",
                             "a@b.cd(comment)",
                             "a@[192.0.2.1]",
                             "a@192.0.2.1",
                             "a@[IPv6:::1]",
                             "a:b@c.de",
                             "a\\b@c.de",
                             "a@-b.cd",
                             "a@b-.cd",
                             "a@b_c.de",
                             "a@b.cd\n",
                             "a@b.cd\r\nBcc: e@f.gh",
                             "a@b.cd>\r\nRCPT TO:<e@f.gh",
                             "a\r\n@b.cd",
                             "a\0@b.cd"s,
                             "a@b.cd\0"s,
                             "\xC3\xA4@b.cd",
                             "a@b\303\274cher.de",
                             "a\x7f@b.cd",
                             "a\t@b.cd",
                             std::string(65, 'l') + "@b.cd",
                             "a@" + label + "a.cd",
                             std::string(64, 'l') + "@" + label + "." + label + "." + std::string(62, 'b')};
  for (const std::string& address : bad) {
    const absl::Status status = CheckEmailAddress(address);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_TRUE(address.size() < 2 || !absl::StrContains(status.message(), address)) << address;
  }
}

TEST(Destination, EachTypeHasItsOwnForm) {
  EXPECT_FALSE(CheckDestination(METHOD_TYPE_SMS, "a@example.org").ok());
  EXPECT_FALSE(CheckDestination(METHOD_TYPE_EMAIL, "+12025550123").ok());
  EXPECT_FALSE(CheckDestination(METHOD_TYPE_TOTP, "+12025550123").ok());
  EXPECT_FALSE(CheckDestination(v1::METHOD_TYPE_UNSPECIFIED, "a@example.org").ok());
}

TEST(Destination, TheMaskShowsTheEndOfANumberAndTheStartOfAnAddress) {
  EXPECT_EQ(MaskDestination(METHOD_TYPE_SMS, "+12025550178"), "+***78");
  EXPECT_EQ(MaskDestination(METHOD_TYPE_EMAIL, "alice@example.org"), "a***@example.org");
  EXPECT_EQ(MaskDestination(METHOD_TYPE_EMAIL, "a@example.org"), "a***@example.org");
  EXPECT_EQ(MaskDestination(METHOD_TYPE_EMAIL, "alice"), "***");
  EXPECT_EQ(MaskDestination(METHOD_TYPE_SMS, "alice@example.org"), "***");
  EXPECT_EQ(MaskDestination(METHOD_TYPE_TOTP, "+12025550178"), "***");
}

TEST(Destination, TheLongestAllowedPrefixCounts) {
  const std::vector<std::string> allowed = {"+49", "+4915", "+1"};
  EXPECT_EQ(DialPrefixOf("+4915112345678", allowed), "+4915");
  EXPECT_EQ(DialPrefixOf("+4930123456", allowed), "+49");
  EXPECT_EQ(DialPrefixOf("+12025550123", allowed), "+1");
  EXPECT_EQ(DialPrefixOf("+3312345678", allowed), "");
  EXPECT_EQ(DialPrefixOf("+4", allowed), "");
  EXPECT_EQ(DialPrefixOf("+12025550123", {}), "");
}

TEST(Destination, PrefixesAreAListWithoutSpaces) {
  EXPECT_THAT(*ParseDialPrefixes(""), IsEmpty());
  EXPECT_THAT(*ParseDialPrefixes("+49"), ElementsAre("+49"));
  EXPECT_THAT(*ParseDialPrefixes("+49,+4915,+12345678901234"),
              ElementsAre("+49", "+4915", "+12345678901234"));
  for (const char* bad :
       {"49", "+", "+0", "+49,", ",+49", "+49, +1", "+49;+1", "*", "+49x", "+123456789012345"}) {
    EXPECT_EQ(ParseDialPrefixes(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace twofold
