#include "server/methods/webauthn/ceremony_checks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/constant_time.h"
#include "crypto/sha256.h"
#include "crypto/webauthn/attestation_object.h"
#include "crypto/webauthn/cose_key.h"

namespace twofold {
namespace {

bool IsFromOurPage(const RelyingParty& party, const ClientData& client_data) {
  const bool known =
      std::find(party.origins.begin(), party.origins.end(), client_data.origin) != party.origins.end();
  // A page in a frame of another page.
  return known && !client_data.cross_origin && !client_data.has_top_origin;
}

bool Answers(const RelyingParty& party, absl::string_view type, absl::string_view challenge,
             const ClientData& client_data) {
  return !challenge.empty() && ConstantTimeEquals(client_data.challenge, challenge) &&
         client_data.type == type && IsFromOurPage(party, client_data);
}

bool HasGoodFlags(const RelyingParty& party, const AuthenticatorData& data) {
  if (data.rp_id_hash != Sha256(party.id) || !data.user_present) return false;
  if (party.user_verification == UserVerification::kRequired && !data.user_verified) return false;
  return data.backup_eligible || !data.backed_up;
}

}  // namespace

std::optional<RegisteredKey> CheckRegistration(const RelyingParty& party, absl::string_view challenge,
                                               const RegistrationCredential& credential) {
  if (!Answers(party, "webauthn.create", challenge, credential.client_data)) return std::nullopt;
  absl::StatusOr<AuthenticatorData> data = ParseAttestationObject(credential.attestation_object);
  if (!data.ok() || !HasGoodFlags(party, *data)) return std::nullopt;
  std::optional<AttestedCredential>& attested = data->credential;
  if (!attested.has_value() || attested->id != credential.id) return std::nullopt;
  RegisteredKey key;
  key.secret.set_credential_id(std::move(attested->id));
  key.secret.set_public_key(std::move(attested->cose_key));
  key.secret.set_aaguid(std::move(attested->aaguid));
  key.backup_eligible = data->backup_eligible;
  key.backed_up = data->backed_up;
  key.user_verified = data->user_verified;
  key.sign_count = data->sign_count;
  return key;
}

std::optional<AuthenticatorData> CheckAssertion(const RelyingParty& party, absl::string_view challenge,
                                                const internal::v1::SecurityKeySecret& secret,
                                                const internal::v1::SecurityKeyUse& use,
                                                const AssertionCredential& credential) {
  if (!Answers(party, "webauthn.get", challenge, credential.client_data)) return std::nullopt;
  if (secret.credential_id() != credential.id) return std::nullopt;
  if (!credential.user_handle.empty() && credential.user_handle != use.user_handle()) return std::nullopt;
  absl::StatusOr<AuthenticatorData> data =
      ParseAuthenticatorData(credential.authenticator_data, Ceremony::kAssertion);
  if (!data.ok() || !HasGoodFlags(party, *data)) return std::nullopt;
  if (data->backup_eligible != use.backup_eligible()) return std::nullopt;
  const std::string signed_bytes =
      absl::StrCat(credential.authenticator_data, Sha256(credential.client_data_json));
  if (!VerifyCoseSignature(secret.public_key(), signed_bytes, credential.signature)) return std::nullopt;
  return *std::move(data);
}

bool CounterWentOn(uint32_t stored, uint32_t reported) {
  return (stored == 0 && reported == 0) || reported > stored;
}

}  // namespace twofold
