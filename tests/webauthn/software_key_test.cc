#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "crypto/sha256.h"
#include "crypto/webauthn/attestation_object.h"
#include "server/methods/webauthn/credential_json.h"
#include "tests/webauthn/ceremony.h"

namespace twofold {
namespace {

SoftwareKey::Settings With(CoseAlgorithm algorithm, AttestationFormat format) {
  SoftwareKey::Settings settings;
  settings.algorithm = algorithm;
  settings.format = format;
  return settings;
}

// What the parsers and the cryptography say of a credential that `noticed` describes.
Noticed Expected(Noticed noticed) {
  const bool accepted = noticed == Noticed::kNever || noticed == Noticed::kByUserVerification;
  return accepted ? Noticed::kByRules : noticed;
}

AuthenticatorData DataOf(const std::string& registration) {
  const auto credential = ParseRegistrationCredential(registration);
  return ParseAttestationObject(credential.value().attestation_object).value();
}

TEST(SoftwareKey, AllItsFormsAreAccepted) {
  for (const auto& [algorithm, format] : std::vector<std::pair<CoseAlgorithm, AttestationFormat>>{
           {CoseAlgorithm::kEs256, AttestationFormat::kNone},
           {CoseAlgorithm::kEs256, AttestationFormat::kPackedSelf},
           {CoseAlgorithm::kEs256, AttestationFormat::kFidoU2f},
           {CoseAlgorithm::kEdDsa, AttestationFormat::kNone},
           {CoseAlgorithm::kEdDsa, AttestationFormat::kPackedSelf},
           {CoseAlgorithm::kRs256, AttestationFormat::kNone},
           {CoseAlgorithm::kRs256, AttestationFormat::kPackedSelf},
       }) {
    Registered registered(With(algorithm, format));
    EXPECT_EQ(JudgeRegistration(registered.registration), Noticed::kByRules);
    EXPECT_EQ(JudgeAssertion(registered.Login(), registered.cose_key), Noticed::kByRules);
  }
}

TEST(SoftwareKey, SaysWhatItWasTold) {
  Registered registered;
  const auto credential = ParseRegistrationCredential(registered.registration);
  ASSERT_TRUE(credential.ok()) << credential.status();
  EXPECT_EQ(credential->client_data.type, "webauthn.create");
  EXPECT_EQ(credential->client_data.challenge, kChallenge);
  EXPECT_EQ(credential->client_data.origin, "https://example.org");
  EXPECT_EQ(credential->id, registered.id);
  const AuthenticatorData data = DataOf(registered.registration);
  EXPECT_EQ(data.rp_id_hash, Sha256(kRpId));
  EXPECT_TRUE(data.user_present && data.user_verified);
  EXPECT_FALSE(data.backup_eligible || data.backed_up);

  const auto login = ParseAssertionCredential(registered.Login());
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->client_data.type, "webauthn.get");
  EXPECT_EQ(login->user_handle, "user handle");
  const auto assertion = ParseAuthenticatorData(login->authenticator_data, Ceremony::kAssertion);
  ASSERT_TRUE(assertion.ok()) << assertion.status();
  EXPECT_EQ(assertion->sign_count, 3U);
}

TEST(SoftwareKey, ASyncedOneCountsNothing) {
  SoftwareKey::Settings settings;
  settings.synced = true;
  Registered registered(settings);
  const AuthenticatorData data = DataOf(registered.registration);
  EXPECT_TRUE(data.backup_eligible && data.backed_up);
  const auto login = ParseAssertionCredential(registered.Login());
  const auto assertion = ParseAuthenticatorData(login.value().authenticator_data, Ceremony::kAssertion);
  EXPECT_EQ(assertion.value().sign_count, 0U);
}

TEST(SoftwareKey, ACloneCountsForItself) {
  Registered registered;
  Registered clone = registered;
  const auto count = [](const std::string& login) {
    const auto credential = ParseAssertionCredential(login);
    return ParseAuthenticatorData(credential.value().authenticator_data, Ceremony::kAssertion)
        .value()
        .sign_count;
  };
  EXPECT_EQ(count(registered.Login()), 3U);
  EXPECT_EQ(count(clone.Login()), 3U);
  EXPECT_EQ(JudgeAssertion(clone.Login(), registered.cose_key), Noticed::kByRules);
}

TEST(SoftwareKey, ObeysTheOptions) {
  Registered registered;
  nlohmann::json options = nlohmann::json::parse(CreationOptions(kRpId, kChallenge));
  const std::string id = nlohmann::json::parse(registered.registration)["id"];
  options["excludeCredentials"] = nlohmann::json::array({{{"type", "public-key"}, {"id", id}}});
  EXPECT_EQ(registered.key.Create(options.dump()).status().code(), absl::StatusCode::kAlreadyExists);
  options = nlohmann::json::parse(CreationOptions(kRpId, kChallenge));
  options["pubKeyCredParams"].erase(0);
  EXPECT_EQ(registered.key.Create(options.dump()).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(registered.key.Create(CreationOptions("example.net", kChallenge)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(registered.key.Create(CreationOptions(kRpId, "short")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(registered.key.Get(RequestOptions(kRpId, kChallenge, "another id")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(registered.key.Get(RequestOptions("example.net", kChallenge, registered.id)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(OddCredentials, RegistrationsAreNoticedWhereTheyShouldBe) {
  std::set<std::string> names;
  for (const OddCredential& odd : OddRegistrations()) {
    EXPECT_TRUE(names.insert(odd.name).second) << odd.name;
    SoftwareKey key({});
    EXPECT_EQ(JudgeRegistration(Register(key, odd.knobs)), Expected(odd.noticed)) << odd.name;
  }
}

TEST(OddCredentials, AssertionsAreNoticedWhereTheyShouldBe) {
  std::set<std::string> names;
  const Registered registered;
  for (const OddCredential& odd : OddAssertions()) {
    EXPECT_TRUE(names.insert(odd.name).second) << odd.name;
    Registered one = registered;
    EXPECT_EQ(JudgeAssertion(one.Login(odd.knobs), one.cose_key), Expected(odd.noticed)) << odd.name;
  }
}

}  // namespace
}  // namespace twofold
