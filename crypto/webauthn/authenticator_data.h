#ifndef TWOFOLD_CRYPTO_WEBAUTHN_AUTHENTICATOR_DATA_H_
#define TWOFOLD_CRYPTO_WEBAUTHN_AUTHENTICATOR_DATA_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// What a security key says of itself and signs: authenticator data (WebAuthn Level 3 section 6.1).

namespace twofold {

// How deep CBOR of authenticators may be nested. CTAP 2.1 section 8 has the same bound.
inline constexpr int kMaxCborDepth = 4;
// In bytes (WebAuthn Level 3 section 7.1).
inline constexpr size_t kMaxCredentialIdSize = 1023;

enum class Ceremony { kRegistration, kAssertion };

// A new key.
struct AttestedCredential {
  // The model of the authenticator: 16 bytes, which are all zero where the authenticator does not
  // tell.
  std::string aaguid;
  // 1 to kMaxCredentialIdSize bytes.
  std::string id;
  // The public key, as it was encoded. It is one item of CBOR, and CheckNewCoseKey judges it.
  std::string cose_key;
};

struct AuthenticatorData {
  // SHA-256 of the RP ID: 32 bytes.
  std::string rp_id_hash;
  bool user_present = false;
  bool user_verified = false;
  bool backup_eligible = false;
  bool backed_up = false;
  uint32_t sign_count = 0;
  // Set by a registration, and only by one.
  std::optional<AttestedCredential> credential;
};

// Parses all of `bytes`. A registration has a credential, and an assertion has none. Extensions are
// one map where their flag is set, and what is in it is ignored. Reserved flags are ignored. The
// other flags are not judged. INVALID_ARGUMENT, in words for developers that quote nothing of the
// input. Thread-safe.
absl::StatusOr<AuthenticatorData> ParseAuthenticatorData(absl::string_view bytes, Ceremony ceremony);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_WEBAUTHN_AUTHENTICATOR_DATA_H_
