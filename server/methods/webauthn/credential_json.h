#ifndef TWOFOLD_SERVER_METHODS_WEBAUTHN_CREDENTIAL_JSON_H_
#define TWOFOLD_SERVER_METHODS_WEBAUTHN_CREDENTIAL_JSON_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/methods/webauthn/client_data.h"

// What PublicKeyCredential.toJSON() makes in a browser (WebAuthn Level 3 section 5.1): its shape
// and bounds. Nothing is compared with what the server expects, and no signature is checked.

namespace twofold {

// In bytes.
inline constexpr size_t kMaxCredentialJsonSize = size_t{16} << 10;

// A RegistrationResponseJSON. Of what it says twice, the copies outside of attestationObject and
// clientDataJSON are ignored.
struct RegistrationCredential {
  // The raw credential id: 1 to 1,023 bytes.
  std::string id;
  // The text, as it is digested, and its content.
  std::string client_data_json;
  ClientData client_data;
  // For ParseAttestationObject.
  std::string attestation_object;
  // How browsers reach the key. It has only names that WebAuthn Level 3 section 5.8.4 knows, each
  // once, in the alphabet's order. Often it is empty.
  std::vector<std::string> transports;
};

// An AuthenticationResponseJSON.
struct AssertionCredential {
  // The raw credential id: 1 to 1,023 bytes.
  std::string id;
  // The text, as it is digested, and its content.
  std::string client_data_json;
  ClientData client_data;
  // For ParseAuthenticatorData.
  std::string authenticator_data;
  std::string signature;
  // Empty where the browser does not tell, otherwise 1 to 64 bytes.
  std::string user_handle;
};

// INVALID_ARGUMENT, in words for developers that quote nothing of the input. Members of other names
// are ignored. Both are thread-safe.
absl::StatusOr<RegistrationCredential> ParseRegistrationCredential(absl::string_view json);
absl::StatusOr<AssertionCredential> ParseAssertionCredential(absl::string_view json);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_WEBAUTHN_CREDENTIAL_JSON_H_
