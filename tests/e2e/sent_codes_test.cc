// Sent codes through a whole server, to receivers that verify what they get, and to receivers that misbehave.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/e2e/sent_codes_fixture.h"
#include "tests/harness/await.h"

namespace twofold {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using v1::METHOD_TYPE_EMAIL;
using v1::METHOD_TYPE_SMS;

constexpr char kNumber[] = "+4915112345678";
constexpr char kAddress[] = "ann@example.org";

class SentCodesTest : public SentCodesServed {
 protected:
  // Enrols beside the app of the user. "ok", or the reason.
  std::string Enroll(const std::string& user, v1::MethodType type, const std::string& destination,
                     v1::EnrollResponse* response = nullptr) {
    v1::EnrollRequest request;
    request.set_user_id(user);
    request.set_type(type);
    (type == METHOD_TYPE_SMS ? *request.mutable_phone_number() : *request.mutable_email()) = destination;
    request.set_proof_code(AppCode());
    const auto enrolled = client_->Enroll(request);
    if (enrolled.ok() && response != nullptr) *response = *enrolled;
    return ReasonOf(enrolled);
  }
};

TEST_F(SentCodesTest, T48_CodesArriveLogInOnceAndAppearNowhereElse) {
  Serve();
  Import({AppOf("ann"), AppOf("bob"), PhoneOf("ann", kNumber), MailboxOf("bob", kAddress)});
  std::string by_phone;
  std::string by_mail;
  ASSERT_EQ(Start("ann", METHOD_TYPE_SMS, &by_phone), "ok");
  ASSERT_EQ(Start("bob", METHOD_TYPE_EMAIL, &by_mail), "ok");
  ASSERT_THAT(webhook_.Arrived(), SizeIs(1));
  EXPECT_TRUE(webhook_.Arrived()[0]["genuine"].get<bool>());
  EXPECT_EQ(webhook_.Arrived()[0]["purpose"], "login");
  ASSERT_THAT(mail_.Arrived(), SizeIs(1));
  EXPECT_TRUE(mail_.Arrived()[0]["tls"].get<bool>());
  EXPECT_EQ(Verify("ann", mail_.LastCode(kAddress), by_phone), "CODE_REJECTED");
  EXPECT_EQ(Verify("ann", webhook_.LastCode(kNumber), by_phone), "ok");
  EXPECT_EQ(Verify("ann", webhook_.LastCode(kNumber), by_phone), "CODE_REJECTED") << "it is used";
  EXPECT_EQ(Verify("bob", mail_.LastCode(kAddress), by_mail), "ok");

  v1::EnrollResponse enrolled;
  ASSERT_EQ(Enroll("bob", METHOD_TYPE_SMS, "+4915112345679", &enrolled), "DELIVERY_LIMITED");
  EXPECT_EQ(Start("ann", METHOD_TYPE_SMS), "DELIVERY_LIMITED");
  EXPECT_THAT(webhook_.Arrived(), SizeIs(1));
  ExpectNothingLeaks({kNumber, kAddress, "+4915112345679"});
  EXPECT_TRUE(absl::StrContains(Output(),
                                "twofold_sent_codes_total{type=\"sms\",prefix=\"+49\",outcome=\"taken\"} 1"));
  EXPECT_EQ(server_->Terminate(), 0);
}

TEST_F(SentCodesTest, T48_AnEnrolmentIsConfirmedByTheCodeThatArrived) {
  Serve();
  Import({AppOf("ann")});
  v1::EnrollResponse enrolled;
  ASSERT_EQ(Enroll("ann", METHOD_TYPE_EMAIL, kAddress, &enrolled), "ok");
  ASSERT_THAT(mail_.Arrived(), SizeIs(1));
  v1::ConfirmEnrollmentRequest confirm;
  confirm.set_user_id("ann");
  confirm.set_method_id(enrolled.method().method_id());
  confirm.set_code(mail_.LastCode(kAddress));
  EXPECT_EQ(ReasonOf(client_->ConfirmEnrollment(confirm)), "ok");
  ExpectNothingLeaks({kAddress});
}

// What a receiver does, what the caller learns, and how often the message may arrive.
struct Fault {
  const char* name;
  const char* reason;
  size_t most_arrivals;
};

TEST_F(SentCodesTest, T48_NobodyWaitsForReceiversThatMisbehave) {
  const Fault of_webhook[] = {
      {"refused", "DELIVERY_FAILED", 1}, {"307", "DELIVERY_FAILED", 1},
      {"302", "DELIVERY_FAILED", 1},     {"503", "DELIVERY_FAILED", 3},
      {"500", "DELIVERY_FAILED", 3},     {"endless", "DELIVERY_FAILED", 3},
      {"garbage", "DELIVERY_FAILED", 3}, {"lost", "ok", 2},
      {"slow", "DELIVERY_FAILED", 3},    {"silent", "DELIVERY_FAILED", 3},
  };
  const Fault of_mail[] = {{"refused", "DELIVERY_FAILED", 0}, {"refused_mail", "DELIVERY_FAILED", 1},
                           {"busy", "DELIVERY_FAILED", 3},    {"lost", "DELIVERY_FAILED", 1},
                           {"endless", "DELIVERY_FAILED", 1}, {"silent", "DELIVERY_FAILED", 1}};
  Serve();
  std::vector<v1::PortableMethod> methods;
  std::vector<std::thread> calls;
  std::vector<std::string> destinations;
  // Each of them needs a step of its own, as they have one app.
  for (int i = 0; i < 40; ++i) methods.push_back(AppOf(absl::StrCat("owner", i)));
  for (const Fault& fault : of_webhook) {
    destinations.push_back(absl::StrCat("+49151000000", 10 + destinations.size()));
    webhook_.Fail(destinations.back(), fault.name);
    methods.push_back(PhoneOf(absl::StrCat("sms-", fault.name), destinations.back()));
  }
  for (const Fault& fault : of_mail) {
    destinations.push_back(absl::StrCat(fault.name, "@example.org"));
    mail_.Fail(destinations.back(), fault.name);
    methods.push_back(MailboxOf(absl::StrCat("mail-", fault.name), destinations.back()));
  }
  Import(methods);
  for (const Fault& fault : of_webhook) {
    calls.emplace_back([&] {
      EXPECT_EQ(Start(absl::StrCat("sms-", fault.name), METHOD_TYPE_SMS), fault.reason) << fault.name;
    });
  }
  for (const Fault& fault : of_mail) {
    calls.emplace_back([&] {
      EXPECT_EQ(Start(absl::StrCat("mail-", fault.name), METHOD_TYPE_EMAIL), fault.reason) << fault.name;
    });
  }
  absl::Duration slowest;
  for (int i = 0; i < 40; ++i) {
    const absl::Time begin = absl::Now();
    EXPECT_EQ(LogInByApp(absl::StrCat("owner", i)), "ok");
    slowest = std::max(slowest, absl::Now() - begin);
  }
  // The silent receivers hold their messages for seconds.
  EXPECT_LT(slowest, absl::Seconds(2));
  for (std::thread& call : calls) call.join();

  size_t n = 0;
  for (const Fault& fault : of_webhook) {
    const auto arrived = webhook_.Arrived(destinations[n++]);
    std::set<std::string> ids;
    for (const nlohmann::json& message : arrived) {
      EXPECT_TRUE(message["genuine"].get<bool>()) << message;
      ids.insert(message["id"].get<std::string>());
    }
    EXPECT_THAT(ids, SizeIs(1)) << fault.name << ": a receiver knows a repetition by its id";
    EXPECT_LE(arrived.size(), fault.most_arrivals) << fault.name;
  }
  for (const Fault& fault : of_mail) {
    const size_t arrivals = mail_.Arrived(destinations[n++]).size();
    EXPECT_LE(arrivals, fault.most_arrivals) << fault.name;
    EXPECT_GE(arrivals, std::min(fault.most_arrivals, size_t{1})) << fault.name;
  }
  ExpectNothingLeaks(destinations);
  EXPECT_EQ(server_->Terminate(), 0);
}

TEST_F(SentCodesTest, T48_APrefixThatLeavesTheListGetsNothingMore) {
  Serve();
  Import({PhoneOf("ann", "+33123456789"), PhoneOf("bob", kNumber)});
  Serve({}, "+49");
  EXPECT_EQ(Start("ann", METHOD_TYPE_SMS), "METHOD_STATE");
  EXPECT_EQ(Start("bob", METHOD_TYPE_SMS), "ok");
  EXPECT_THAT(webhook_.Arrived("+33123456789"), IsEmpty());
}

TEST_F(SentCodesTest, T48_AServerWithPendingMessagesEndsInTime) {
  Serve();
  webhook_.Fail(kNumber, "silent");
  Import({PhoneOf("ann", kNumber)});
  std::thread call([this] { EXPECT_NE(Start("ann", METHOD_TYPE_SMS), "ok"); });
  EXPECT_TRUE(Await(absl::Seconds(20), [this] { return !webhook_.Arrived().empty(); }));
  const absl::Time begin = absl::Now();
  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(4)) << "the message would take five";
  call.join();
}

TEST_F(SentCodesTest, T48_HostileDestinationsAreRefused) {
  using namespace std::string_literals;
  Serve({"--limit_attempts=1000"});
  Import({AppOf("ann")});
  const std::string addresses[] = {
      "ann@example.org\r\nBcc: evil@example.org",
      "ann@example.org\nBcc: evil@example.org",
      "ann@example.org\r",
      "ann@example.org>\r\nRCPT TO:<evil@example.org",
      "ann@example.org> ORCPT=rfc822;evil@example.org",
      "ann@example.org,evil@example.org",
      "ann@example.org;evil@example.org",
      "ann@example.org evil@example.org",
      "<ann@example.org>,<evil@example.org>",
      "evil:ann@example.org,ann@example.org;",
      "@evil.example,@b.example:ann@example.org",
      "ann%evil.example@example.org@example.com",
      "ann@example.org\0evil"s,
      "\"ann\r\n evil\"@example.org",
      "ann@[127.0.0.1]",
      "ann@127.0.0.1",
      "ann@b\u00fccher.example",
      "ann@\u0435xample.org",
      "\u00e4nn@example.org",
      "ann@example.org\u2028",
      "ann@example\u3002org",
      "ann@example.org.",
      std::string(10'000, 'a') + "@example.org",
      "ann@" + std::string(10'000, 'b') + ".org",
      std::string(10'000, '\n'),
  };
  for (const std::string& address : addresses) {
    EXPECT_EQ(Enroll("ann", METHOD_TYPE_EMAIL, address), "INVALID_REQUEST") << address.substr(0, 80);
  }
  const std::string numbers[] = {"+4915112345678\r\nX: y",
                                 "+4915112345678,+4915112345679",
                                 "+49 151 12345678",
                                 "+491511234567890123",
                                 "4915112345678",
                                 "004915112345678",
                                 "tel:+4915112345678",
                                 "+49151123456\u0667\u0668",
                                 "+4915112345678\0"s,
                                 "+8829912345678",
                                 "+9790123456789",
                                 "+34151123456",
                                 "+491511234567;ext=8",
                                 std::string(10'000, '1'),
                                 "+" + std::string(9'999, '4')};
  for (const std::string& number : numbers) {
    EXPECT_EQ(Enroll("ann", METHOD_TYPE_SMS, number), "INVALID_REQUEST") << number.substr(0, 80);
  }
  // By an import neither, which has no such check of its own.
  for (const std::string& address : {addresses[0], addresses[3], addresses[5]}) {
    const auto imported = client_->ImportMethods({MailboxOf("eve", address)}, false, absl::Seconds(20));
    EXPECT_TRUE(!imported.ok() || imported->refused_count() == 1) << address;
  }
  EXPECT_THAT(mail_.Arrived(), IsEmpty());
  EXPECT_THAT(webhook_.Arrived(), IsEmpty());
  EXPECT_EQ(LogInByApp("ann"), "ok") << "no proof was used";
}

TEST_F(SentCodesTest, T48_OddDestinationsArriveExactlyAndAtOneRecipient) {
  Serve({"--issuer==?utf-8?Q?x?= evil@example.org, \u00e4"});
  const std::string label(63, 'b');
  const std::vector<std::string> addresses = {
      "o'neil+2fa@mail.example.org",
      "a=b/c{d}~e|f@xn--bcher-kva.example",
      "bcc!evil%example.org@relay.example",
      "-dash-@1.2a",
      "#!$%&'*+-/=?^_`{|}~@example.org",
      std::string(64, 'l') + "@" + label + "." + label + "." + std::string(61, 'c'),
  };
  std::vector<v1::PortableMethod> methods;
  for (size_t i = 0; i < addresses.size(); ++i) {
    methods.push_back(MailboxOf(absl::StrCat("user", i), addresses[i]));
  }
  Import(methods);
  for (size_t i = 0; i < addresses.size(); ++i) {
    ASSERT_EQ(Start(absl::StrCat("user", i), METHOD_TYPE_EMAIL), "ok") << addresses[i];
    const nlohmann::json mail = mail_.Arrived().back();
    EXPECT_THAT(mail["recipients"], ElementsAre(addresses[i]));
    EXPECT_THAT(mail["to"], ElementsAre(addresses[i]));
    EXPECT_THAT(mail["headers"], ElementsAre("Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted",
                                             "MIME-Version", "Content-Type", "Content-Transfer-Encoding"));
    EXPECT_EQ(mail["subject"], "Your code for =?utf-8?Q?x?= evil@example.org, \u00e4");
  }
  EXPECT_THAT(mail_.Arrived(), SizeIs(addresses.size()));
}

}  // namespace
}  // namespace twofold
