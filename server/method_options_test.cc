#include "server/method_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using testing::HasSubstr;

absl::StatusOr<Options> Parse(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "twofold-server");
  return ParseOptions(static_cast<int>(flags.size()), flags.data());
}

std::string Error(const std::vector<const char*>& flags) {
  return std::string(Parse(flags).status().message());
}

TEST(MethodOptions, AreOffByDefault) {
  const MethodSettings settings = MethodSettingsOf(*Parse({}));
  EXPECT_TRUE(settings.relying_party.id.empty());
  EXPECT_FALSE(settings.sms.is_on);
  EXPECT_FALSE(settings.email.is_on);
}

TEST(MethodOptions, OfSecurityKeysHaveDefaults) {
  const Options options = *Parse({"--webauthn_rp_id=login.example.org", "--issuer=Example"});
  EXPECT_EQ(options.relying_party.name, "Example");
  EXPECT_EQ(options.relying_party.origins, std::vector<std::string>{"https://login.example.org"});
  EXPECT_EQ(options.relying_party.user_verification, UserVerification::kPreferred);
}

TEST(MethodOptions, TakeHostsAsBrowsersWriteThem) {
  for (const char* const id :
       {"--webauthn_rp_id=Example.org", "--webauthn_rp_id=https://example.org",
        "--webauthn_rp_id=example.org:443", "--webauthn_rp_id=.org", "--webauthn_rp_id=example.org.",
        "--webauthn_rp_id=-a.org", "--webauthn_rp_id=a_b.org", "--webauthn_rp_id=ä.org"}) {
    EXPECT_THAT(Error({id}), HasSubstr("--webauthn_rp_id: ")) << id;
  }
  EXPECT_TRUE(Parse({"--webauthn_rp_id=localhost", "--webauthn_origins=http://localhost:8080"}).ok());
}

TEST(MethodOptions, T46_TakeNoOriginThatIsNotBelowTheRelyingParty) {
  constexpr const char* kId = "--webauthn_rp_id=example.org";
  for (const char* const origin :
       {"--webauthn_origins=https://evil.org", "--webauthn_origins=https://notexample.org",
        "--webauthn_origins=http://example.org", "--webauthn_origins=https://example.org/",
        "--webauthn_origins=https://example.org:443", "--webauthn_origins=https://example.org:0443",
        "--webauthn_origins=https://EXAMPLE.org", "--webauthn_origins=https://*.example.org",
        "--webauthn_origins=https://a@example.org", "--webauthn_origins=https://example.org,",
        "--webauthn_origins=example.org", "--webauthn_origins=null",
        "--webauthn_origins=https://example.org.evil.org"}) {
    EXPECT_THAT(Error({kId, origin}), HasSubstr("--webauthn_origins: ")) << origin;
  }
  EXPECT_TRUE(Parse({kId, "--webauthn_origins=https://example.org,https://a.example.org:8443"}).ok());
  EXPECT_THAT(Error({"--webauthn_origins=https://example.org"}), HasSubstr("needs --webauthn_rp_id"));
  EXPECT_THAT(Error({kId, "--webauthn_user_verification=always"}), HasSubstr("required, preferred"));
}

TEST(MethodOptions, T48_SendNothingThatTheOperatorDidNotAllow) {
  EXPECT_THAT(Error({"--sms_carrier=file:/f"}), HasSubstr("needs --sms_prefixes"));
  EXPECT_THAT(Error({"--sms_prefixes=+49"}), HasSubstr("needs --sms_carrier"));
  EXPECT_THAT(Error({"--sms_carrier=file:/f", "--sms_prefixes=49"}), HasSubstr("--sms_prefixes: "));
  EXPECT_THAT(Error({"--email_carrier=file:/f"}), HasSubstr("needs --email_codes"));
  EXPECT_THAT(Error({"--email_codes"}), HasSubstr("needs --email_carrier"));
  EXPECT_THAT(Error({"--sms_carrier=nothing", "--sms_prefixes=+49"}), HasSubstr("--sms_carrier: "));
}

TEST(MethodOptions, SayWhoSendsTheCodes) {
  const MethodSettings settings = MethodSettingsOf(
      *Parse({"--sms_carrier=caller:", "--sms_prefixes=+49", "--email_carrier=file:/f", "--email_codes"}));
  EXPECT_TRUE(settings.sms.is_on);
  EXPECT_TRUE(settings.sms.goes_to_caller);
  EXPECT_TRUE(settings.email.is_on);
  EXPECT_FALSE(settings.email.goes_to_caller);
}

}  // namespace
}  // namespace twofold
