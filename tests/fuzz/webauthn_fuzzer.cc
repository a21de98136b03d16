// Browsers and security keys send all of this, and anybody can pose as one. The first byte chooses the
// parser, and the rest is its input. What comes out is within the bounds.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "crypto/bytes.h"
#include "crypto/webauthn/attestation_object.h"
#include "crypto/webauthn/authenticator_data.h"
#include "crypto/webauthn/cose_key.h"
#include "server/methods/webauthn/credential_json.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

bool IsIdSize(size_t size) { return size >= 1 && size <= twofold::kMaxCredentialIdSize; }

// Nobody can sign for a key that would be accepted. Judging a key takes long, so it comes last.
void RunCoseKey(absl::string_view key) {
  static const std::string signature(64, '\0');
  const bool verified = twofold::VerifyCoseSignature(key, "bytes", signature);
  Check(!verified || !twofold::CheckNewCoseKey(key).ok());
}

void CheckData(const absl::StatusOr<twofold::AuthenticatorData>& data, twofold::Ceremony ceremony) {
  if (!data.ok()) return;
  Check(data->rp_id_hash.size() == 32);
  Check(data->credential.has_value() == (ceremony == twofold::Ceremony::kRegistration));
  if (!data->credential.has_value()) return;
  Check(data->credential->aaguid.size() == 16 && IsIdSize(data->credential->id.size()));
  RunCoseKey(data->credential->cose_key);
}

void RunData(absl::string_view bytes, twofold::Ceremony ceremony) {
  CheckData(twofold::ParseAuthenticatorData(bytes, ceremony), ceremony);
}

template <typename Credential>
void CheckCredential(const absl::StatusOr<Credential>& credential) {
  if (!credential.ok()) return;
  Check(IsIdSize(credential->id.size()));
  Check(credential->client_data_json.size() <= twofold::kMaxClientDataSize);
  Check(credential->client_data.has_top_origin || credential->client_data.top_origin.empty());
}

void RunRegistration(absl::string_view json) {
  const auto credential = twofold::ParseRegistrationCredential(json);
  CheckCredential(credential);
  if (!credential.ok()) return;
  Check(credential->transports.size() <= 6);
  CheckData(twofold::ParseAttestationObject(credential->attestation_object),
            twofold::Ceremony::kRegistration);
}

void RunAssertion(absl::string_view json) {
  const auto credential = twofold::ParseAssertionCredential(json);
  CheckCredential(credential);
  if (!credential.ok()) return;
  Check(credential->user_handle.size() <= 64);
  RunData(credential->authenticator_data, twofold::Ceremony::kAssertion);
}

void Run(const uint8_t* data, size_t size) {
  if (size == 0) return;
  const absl::string_view input = twofold::AsText({data + 1, size - 1});
  switch (*data % 6) {
    case 0:
      return CheckData(twofold::ParseAttestationObject(input), twofold::Ceremony::kRegistration);
    case 1:
      return RunData(input, twofold::Ceremony::kRegistration);
    case 2:
      return RunData(input, twofold::Ceremony::kAssertion);
    case 3:
      static_cast<void>(twofold::CheckNewCoseKey(input));
      return RunCoseKey(input);
    case 4:
      return RunRegistration(input);
    default:
      return RunAssertion(input);
  }
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("webauthn", &Run, /*changes=*/1000);

}  // namespace
