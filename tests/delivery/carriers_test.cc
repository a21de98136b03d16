// The carriers against real receivers: a webhook that verifies signatures by itself, and aiosmtpd.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/builtins.h"
#include "tests/delivery/receiver.h"

namespace twofold {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr char kCode[] = "493817";
constexpr char kNumber[] = "+4915112345678";
constexpr char kAddress[] = "ann@example.org";

Message MessageTo(const std::string& destination) {
  static std::atomic<int> messages{0};
  Message message;
  message.id = absl::StrCat("0a1b2c", ++messages);
  message.type = destination[0] == '+' ? v1::METHOD_TYPE_SMS : v1::METHOD_TYPE_EMAIL;
  message.destination = destination;
  message.code = kCode;
  message.expire_time = absl::ToUnixMillis(absl::Now()) + 600 * kMillisPerSecond;
  message.issuer = "Example";
  return message;
}

class Carriers : public testing::Test {
 protected:
  std::unique_ptr<Carrier> Open(const std::string& uri) {
    auto carrier = BuiltinCarriers().Open(uri);
    EXPECT_TRUE(carrier.ok()) << carrier.status();
    return carrier.ok() ? *std::move(carrier) : nullptr;
  }

  // One try. Its error names neither the code nor the destination.
  absl::Status Deliver(const std::string& uri, const std::string& destination) {
    const auto carrier = Open(uri);
    const absl::Time begin = absl::Now();
    absl::Status status = carrier->Deliver(MessageTo(destination));
    EXPECT_LT(absl::Now() - begin, kDeliveryTimeout + absl::Seconds(1)) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), kCode)) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), destination)) << status;
    return status;
  }
  absl::Status Deliver(const Receiver& receiver, const std::string& destination) {
    return Deliver(receiver.Uri(authority_.certificate()), destination);
  }

  TestAuthority authority_;
  const TestAuthority::Pair certificate_ = authority_.Issue("receiver", {"IP:127.0.0.1"});
};

using Code = absl::StatusCode;

MATCHER_P(HasCode, code, "") { return arg.code() == code; }

TEST_F(Carriers, AWebhookGetsASignedMessage) {
  const Receiver receiver("webhook", certificate_);
  EXPECT_EQ(Deliver(receiver, kNumber), absl::OkStatus());
  const auto arrived = receiver.Arrived();
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_TRUE(arrived[0]["genuine"].get<bool>());
  EXPECT_TRUE(absl::StartsWith(arrived[0]["id"].get<std::string>(), "0a1b2c"));
  EXPECT_EQ(arrived[0]["destination"], kNumber);
  EXPECT_EQ(arrived[0]["code"], kCode);
  EXPECT_EQ(arrived[0]["method"], "sms");
  EXPECT_EQ(arrived[0]["issuer"], "Example");
}

TEST_F(Carriers, ASecretIsRotatedWithoutALostMessage) {
  const Receiver receiver("webhook", certificate_);
  const std::string before = NewWebhookSecret();
  const std::string after = NewWebhookSecret();
  const auto carrier = Open(receiver.Uri(authority_.certificate()));
  const auto genuine = [&](const std::string& of_server, const std::string& of_receiver) {
    receiver.SetSecrets(of_server, of_receiver);
    EXPECT_EQ(carrier->Deliver(MessageTo(kNumber)), absl::OkStatus());
    return receiver.Arrived().back()["genuine"].get<bool>();
  };
  const std::string both = absl::StrCat(after, "\n", before);
  EXPECT_TRUE(genuine(before, before));
  EXPECT_TRUE(genuine(both, before));
  EXPECT_TRUE(genuine(both, after));
  EXPECT_EQ(receiver.Arrived().back()["signatures"], 2);
  EXPECT_TRUE(genuine(after, after));
  EXPECT_FALSE(genuine(after, before)) << "the receiver tells secrets apart";
}

TEST_F(Carriers, AMailServerGetsOneMailInsideTls) {
  for (const char* kind : {"smtp", "smtps"}) {
    const Receiver receiver(kind, certificate_);
    EXPECT_EQ(Deliver(receiver, kAddress), absl::OkStatus());
    const auto arrived = receiver.Arrived();
    ASSERT_THAT(arrived, SizeIs(1)) << kind;
    EXPECT_TRUE(arrived[0]["tls"].get<bool>());
    EXPECT_EQ(arrived[0]["user"], "mailer");
    EXPECT_EQ(arrived[0]["hello"], "mail.example.com");
    EXPECT_EQ(arrived[0]["sender"], "noreply@mail.example.com");
    EXPECT_THAT(arrived[0]["recipients"], ElementsAre(kAddress));
    EXPECT_THAT(arrived[0]["to"], ElementsAre(kAddress));
    EXPECT_EQ(arrived[0]["subject"], "Your code for Example");
    EXPECT_TRUE(absl::StrContains(arrived[0]["text"].get<std::string>(), "493817 is your code for Example."));
    EXPECT_TRUE(absl::EndsWith(arrived[0]["id"].get<std::string>(), "@mail.example.com>"));
  }
}

// Whoever sits between the server and its receiver has such a certificate, or none.
TEST_F(Carriers, NothingIsSentToWhoeverCannotProveTheName) {
  TestAuthority stranger;
  const std::pair<TestAuthority::Pair, std::string> cases[] = {
      {stranger.Issue("receiver", {"IP:127.0.0.1"}), "of another authority"},
      {authority_.Issue("other", {"DNS:other.example.org", "IP:127.0.0.2"}), "for another name"},
      {authority_.Issue("expired", {"IP:127.0.0.1"}, -1), "expired"}};
  for (const auto& [certificate, why] : cases) {
    for (const char* kind : {"webhook", "smtp", "smtps"}) {
      const Receiver receiver(kind, certificate);
      EXPECT_THAT(Deliver(receiver, kAddress), HasCode(Code::kUnavailable)) << kind << " " << why;
      EXPECT_THAT(receiver.Arrived(), SizeIs(0)) << kind << " " << why;
    }
  }
  const Receiver in_clear("smtp_in_clear", certificate_);
  EXPECT_THAT(Deliver(in_clear, kAddress), HasCode(Code::kUnavailable));
  EXPECT_THAT(in_clear.Arrived(), SizeIs(0)) << "without STARTTLS";
}

// The rules have refused it before.
TEST_F(Carriers, WhatCouldAddALineOrARecipientIsNotSent) {
  const Receiver webhook("webhook", certificate_);
  const Receiver mail("smtp", certificate_);
  const std::string file = authority_.File("messages");
  Message message = MessageTo(kAddress);
  message.destination = "ann@example.org>\r\nRCPT TO:<evil@example.org";
  for (const std::string& uri :
       {webhook.Uri(authority_.certificate()), mail.Uri(authority_.certificate()), "file:" + file}) {
    EXPECT_THAT(Open(uri)->Deliver(message), HasCode(Code::kInvalidArgument)) << uri;
  }
  EXPECT_THAT(Open(mail.Uri(authority_.certificate()))->Deliver(MessageTo(kNumber)),
              HasCode(Code::kInvalidArgument));
  EXPECT_THAT(webhook.Arrived(), SizeIs(0));
  EXPECT_THAT(mail.Arrived(), SizeIs(0));
  EXPECT_FALSE(std::filesystem::exists(file));
}

// A proxy would see where codes go, and a password of somebody else would go to the receiver.
TEST_F(Carriers, TheEnvironmentChangesNothing) {
  const Receiver receiver("webhook", certificate_);
  std::ofstream(authority_.File(".netrc")) << "machine 127.0.0.1 login somebody password else\n";
  const std::pair<const char*, std::string> variables[] = {{"HOME", authority_.File("")},
                                                           {"HTTPS_PROXY", "http://127.0.0.1:1"},
                                                           {"https_proxy", "http://127.0.0.1:1"},
                                                           {"ALL_PROXY", "http://127.0.0.1:1"}};
  for (const auto& [name, value] : variables) setenv(name, value.c_str(), 1);
  EXPECT_EQ(Deliver(receiver, kNumber), absl::OkStatus());
  for (const auto& [name, value] : variables) unsetenv(name);
  ASSERT_THAT(receiver.Arrived(), SizeIs(1));
  EXPECT_EQ(receiver.Arrived()[0]["login"], "");
}

struct Fault {
  const char* name;
  Code code;
};

TEST_F(Carriers, AWebhookThatMisbehavesGetsTheMessageOncePerTry) {
  const Fault faults[] = {
      {"refused", Code::kInvalidArgument},
      {"301", Code::kInvalidArgument},
      {"302", Code::kInvalidArgument},
      {"303", Code::kInvalidArgument},
      {"307", Code::kInvalidArgument},
      {"308", Code::kInvalidArgument},
      {"404", Code::kInvalidArgument},
      {"408", Code::kUnavailable},
      {"425", Code::kUnavailable},
      {"429", Code::kUnavailable},
      {"500", Code::kUnknown},
      {"502", Code::kUnknown},
      {"503", Code::kUnavailable},
      {"lost", Code::kUnknown},
      {"endless", Code::kUnknown},
      {"endless_headers", Code::kUnknown},
      {"endless_interim", Code::kUnknown},
      {"long_headers", Code::kUnknown},
      {"full_answer", Code::kOk},
      {"long_answer", Code::kUnknown},

      {"garbage", Code::kUnknown},
  };
  Receiver receiver("webhook", certificate_);
  int n = 0;
  for (const Fault& fault : faults) {
    const std::string number = absl::StrCat("+49151000000", 10 + n++);
    receiver.Fail(number, fault.name);
    const absl::Time begin = absl::Now();
    EXPECT_THAT(Deliver(receiver, number), HasCode(fault.code)) << fault.name;
    EXPECT_LT(absl::Now() - begin, absl::Seconds(3)) << fault.name << " was seen at once";
    EXPECT_THAT(receiver.Arrived(number), SizeIs(1)) << fault.name;
  }
  for (const nlohmann::json& message : receiver.Arrived()) EXPECT_EQ(message["path"], "/codes") << message;
}

TEST_F(Carriers, AMailServerThatMisbehavesGetsTheMailOncePerTry) {
  const Fault faults[] = {{"refused", Code::kInvalidArgument},
                          {"refused_mail", Code::kInvalidArgument},
                          {"busy", Code::kUnavailable},
                          {"lost", Code::kUnknown},
                          {"endless", Code::kUnknown}};
  Receiver receiver("smtp", certificate_);
  for (const Fault& fault : faults) {
    const std::string address = absl::StrCat(fault.name, "@example.org");
    receiver.Fail(address, fault.name);
    EXPECT_THAT(Deliver(receiver, address), HasCode(fault.code)) << fault.name;
    EXPECT_THAT(receiver.Arrived(address), SizeIs(absl::string_view(fault.name) == "refused" ? 0 : 1))
        << fault.name;
  }
  const Receiver chatter("endless", certificate_);
  EXPECT_THAT(Deliver(chatter, kAddress), HasCode(Code::kUnavailable));
}

TEST_F(Carriers, ATryEndsInTime) {
  Receiver webhook("webhook", certificate_);
  Receiver mail("smtp", certificate_);
  const Receiver frozen("smtps", certificate_);
  frozen.Freeze();
  webhook.Fail("+4915100000010", "silent");
  webhook.Fail("+4915100000011", "slow");
  mail.Fail("silent@example.org", "silent");
  mail.Fail("bye@example.org", "silent_at_the_end");
  const auto ends = [this](const Receiver& receiver, const char* destination, Code code) {
    return std::thread([this, &receiver, destination, code] {
      EXPECT_THAT(Deliver(receiver, destination), HasCode(code)) << destination;
    });
  };
  std::thread tries[] = {
      ends(webhook, "+4915100000010", Code::kUnknown), ends(webhook, "+4915100000011", Code::kUnknown),
      ends(mail, "silent@example.org",
           Code::kUnknown),  // It has the mail, and may take its time to say good-bye.
      ends(mail, "bye@example.org", Code::kOk), ends(frozen, kAddress, Code::kUnavailable)};
  for (std::thread& one : tries) one.join();
  frozen.Thaw();
}

}  // namespace
}  // namespace twofold
