#include "server/delivery/webhook_signature.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr char kNewSecret[] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
constexpr char kOldSecret[] =
    "whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoOEhYaHiImKi4yNjo+QkZKTlJWWl5iZmpucnZ6foKGiow==";
constexpr int64_t kSeconds = 1796119200;
constexpr char kBody[] =
    R"({"type":"twofold.code","timestamp":"2026-12-01T10:00:00Z","data":{"id":"0a1b","code":"493817"}})";
// What the Python package standardwebhooks 1.1.0 signs.
constexpr char kNewSignature[] = "v1,o6PNnx6xMUVS04BfSS5Xf3oGEt9hDAX74/gWXsEv7P8=";
constexpr char kOldSignature[] = "v1,yDP9dtkV3vJoXJOKt8t6dfn4Eh4Z6vNGaJWWa63vA9o=";

std::string Sign(absl::string_view secrets) {
  const auto parsed = ParseWebhookSecrets(secrets);
  return parsed.ok() ? SignWebhook(*parsed, "msg0a1b", kSeconds, kBody) : parsed.status().ToString();
}

TEST(WebhookSignature, IsThatOfTheStandardsOwnLibrary) {
  EXPECT_EQ(Sign(kNewSecret), kNewSignature);
  EXPECT_EQ(Sign(kOldSecret), kOldSignature);
}

TEST(WebhookSignature, TwoSecretsMakeTwoSignatures) {
  EXPECT_EQ(Sign(absl::StrCat(kNewSecret, "\n", kOldSecret, "\n")),
            absl::StrCat(kNewSignature, " ", kOldSignature));
  EXPECT_EQ(Sign(absl::StrCat("\n ", kNewSecret, "\r\n\r\n", kOldSecret)),
            absl::StrCat(kNewSignature, " ", kOldSignature));
}

TEST(WebhookSignature, WhatIsNoSecretIsRefusedWithoutItsText) {
  const auto secret = [](size_t size) {
    return absl::StrCat("whsec_", absl::Base64Escape(std::string(size, 'k')));
  };
  EXPECT_TRUE(ParseWebhookSecrets(secret(24)).ok());
  EXPECT_TRUE(ParseWebhookSecrets(secret(64)).ok());
  const std::string bad[] = {"",
                             "\n",
                             secret(23),
                             secret(65),
                             "whsec_",
                             secret(32).substr(6),
                             "whsec_!!!!",
                             absl::StrCat("whsk_", secret(32)),
                             absl::StrCat(secret(32), "\npassword"),
                             absl::StrCat(secret(32), "\n", secret(33), "\n", secret(34))};
  for (const std::string& text : bad) {
    const absl::Status status = ParseWebhookSecrets(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_FALSE(absl::StrContains(status.message(), "a2tr")) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "password")) << status;
  }
}

}  // namespace
}  // namespace twofold
