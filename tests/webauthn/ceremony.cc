#include "tests/webauthn/ceremony.h"

#include "absl/strings/str_cat.h"
#include "crypto/sha256.h"
#include "crypto/webauthn/attestation_object.h"
#include "server/methods/webauthn/credential_json.h"

namespace twofold {

Noticed JudgeRegistration(absl::string_view credential_json) {
  const auto credential = ParseRegistrationCredential(credential_json);
  if (!credential.ok()) return Noticed::kByJson;
  const auto data = ParseAttestationObject(credential->attestation_object);
  if (!data.ok()) return Noticed::kByData;
  return CheckNewCoseKey(data->credential.value().cose_key).ok() ? Noticed::kByRules : Noticed::kByKey;
}

Noticed JudgeAssertion(absl::string_view credential_json, absl::string_view cose_key) {
  const auto credential = ParseAssertionCredential(credential_json);
  if (!credential.ok()) return Noticed::kByJson;
  if (!ParseAuthenticatorData(credential->authenticator_data, Ceremony::kAssertion).ok())
    return Noticed::kByData;
  const std::string bytes =
      absl::StrCat(credential->authenticator_data, Sha256(credential->client_data_json));
  return VerifyCoseSignature(cose_key, bytes, credential->signature) ? Noticed::kByRules
                                                                     : Noticed::kBySignature;
}

std::string Register(SoftwareKey& key, const KeyKnobs& knobs) {
  return key.Create(CreationOptions(kRpId, kChallenge), knobs).value();
}

Registered::Registered(SoftwareKey::Settings settings)
    : key(std::move(settings)), registration(Register(key)) {
  const auto credential = ParseRegistrationCredential(registration);
  const auto data = ParseAttestationObject(credential.value().attestation_object);
  id = data.value().credential.value().id;
  cose_key = data.value().credential.value().cose_key;
  Login();
  Login();
}

std::string Registered::Login(const KeyKnobs& knobs) {
  return key.Get(RequestOptions(kRpId, kChallenge, id), knobs).value();
}

}  // namespace twofold
