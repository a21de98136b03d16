#include "server/delivery/mail.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/delivery/message_form.h"

namespace twofold {
namespace {

using testing::HasSubstr;

constexpr UnixMillis kNow = 1796119200'123;

Message Sample() {
  Message message;
  message.id = "0a1b2c";
  message.type = v1::METHOD_TYPE_EMAIL;
  message.destination = "alice@example.org";
  message.code = "493817";
  message.expire_time = kNow + 600 * kMillisPerSecond;
  message.issuer = "Example";
  return message;
}

TEST(Mail, IsShortAndPlain) {
  EXPECT_EQ(MailOf(Sample(), "noreply@mail.example.com", kNow),
            "Date: Tue, 01 Dec 2026 10:00:00 +0000\r\n"
            "Message-ID: <0a1b2c@mail.example.com>\r\n"
            "From: noreply@mail.example.com\r\n"
            "To: alice@example.org\r\n"
            "Subject: Your code for Example\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "493817 is your code for Example.\r\n"
            "\r\n"
            "Use it to sign in. It is valid until 2026-12-01 10:10 UTC.\r\n"
            "\r\n"
            "If you did not ask for this code, do not give it to anybody.\r\n");
}

TEST(Mail, SaysWhatTheCodeIsFor) {
  Message message = Sample();
  message.purpose = MessagePurpose::kEnrollment;
  EXPECT_THAT(MailOf(message, "a@b.cd", kNow), HasSubstr("Use it to confirm this address."));
  message.purpose = MessagePurpose::kChange;
  EXPECT_THAT(MailOf(message, "a@b.cd", kNow), HasSubstr("Use it to change how you sign in."));
  message.issuer = "";
  EXPECT_THAT(MailOf(message, "a@b.cd", kNow), HasSubstr("493817 is your code.\r\n"));
}

TEST(Mail, NoIssuerMakesAHeaderALongLineOrAByteThatIsNotAscii) {
  const std::string issuers[] = {"=?utf-8?B?QmNjOiBhQGIuY2Q=?=", "B\303\274cher & S\303\266hne",
                                 std::string(256, 'x'), "\xF0\x9F\x94\x91\xF0\x9F\x94\x91", "Bcc: a@b.cd",
                                 // Not accepted by CheckMessage.
                                 "x\r\nBcc: a@b.cd", "x\r\n\r\n.\r\nMAIL FROM:<a@b.cd>", "x\xFF\xFE"};
  const std::vector<std::string> expected = {"Date",         "Message-ID",   "From",
                                             "To",           "Subject",      "Auto-Submitted",
                                             "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
  for (const std::string& issuer : issuers) {
    Message message = Sample();
    message.issuer = issuer;
    const std::string mail = MailOf(message, "noreply@example.com", kNow);
    const std::vector<std::string> lines = absl::StrSplit(mail, "\r\n");
    std::vector<std::string> names;
    for (const std::string& line : lines) {
      EXPECT_LE(line.size(), 78U) << line;
      for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
    }
    for (size_t i = 0; i < lines.size() && !lines[i].empty(); ++i) {
      if (!absl::StartsWith(lines[i], " ")) names.push_back(lines[i].substr(0, lines[i].find(':')));
    }
    EXPECT_EQ(names, expected) << mail;
  }
}

TEST(MessageForm, WhatCouldAddALineIsRefused) {
  using namespace std::string_literals;
  EXPECT_EQ(CheckMessage(Sample()), absl::OkStatus());
  const auto refused = [](const std::function<void(Message&)>& change) {
    Message message = Sample();
    change(message);
    const absl::Status status = CheckMessage(message);
    EXPECT_FALSE(absl::StrContains(status.message(), "evil")) << status;
    return status.code() == absl::StatusCode::kInvalidArgument;
  };
  for (const std::string& text :
       {""s, "evil\r\nBcc: a@b.cd"s, "evil\n"s, "evil\0"s, "a@b.cd>\r\nRCPT TO:<evil@example.org"s,
        "a@b.cd, evil@example.org"s, "Evil <evil@example.org>"s, "\xFF"s}) {
    EXPECT_TRUE(refused([&](Message& message) { message.destination = text; })) << text;
    EXPECT_TRUE(refused([&](Message& message) { message.id = text; })) << text;
    EXPECT_TRUE(refused([&](Message& message) { message.code = text; })) << text;
  }
  for (const std::string& text :
       {"evil\r\nBcc: a@b.cd"s, "evil\n"s, "evil\0"s, "\xFF"s, std::string(257, 'x')}) {
    EXPECT_TRUE(refused([&](Message& message) { message.issuer = text; })) << text;
  }
  EXPECT_TRUE(refused([](Message& message) { message.type = v1::METHOD_TYPE_SMS; }));
  EXPECT_TRUE(refused([](Message& message) { message.type = v1::METHOD_TYPE_TOTP; }));
}

TEST(MessageForm, JsonHoldsTheWholeMessage) {
  Message message = Sample();
  message.issuer = "A \"quoted\" \xC3\xA4 \\ name";
  EXPECT_EQ(MessageJson(message, kNow),
            R"({"type":"twofold.code","timestamp":"2026-12-01T10:00:00Z","data":{"id":"0a1b2c",)"
            R"("method":"email","destination":"alice@example.org","code":"493817",)"
            R"("expire_time":"2026-12-01T10:10:00Z","purpose":"login",)"
            "\"issuer\":\"A \\\"quoted\\\" \xC3\xA4 \\\\ name\"}}");
  message.type = v1::METHOD_TYPE_SMS;
  EXPECT_THAT(MessageJson(message, kNow), HasSubstr(R"("method":"sms")"));
}

}  // namespace
}  // namespace twofold
