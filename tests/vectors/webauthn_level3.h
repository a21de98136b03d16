#ifndef TWOFOLD_TESTS_VECTORS_WEBAUTHN_LEVEL3_H_
#define TWOFOLD_TESTS_VECTORS_WEBAUTHN_LEVEL3_H_

#include "absl/strings/string_view.h"

namespace twofold {

// A registration and a login with its key. All but the name is in hexadecimal. The RP ID is
// "example.org", and the origin "https://example.org".
struct WebauthnVector {
  absl::string_view name;
  absl::string_view registration_client_data;
  absl::string_view attestation_object;
  absl::string_view authenticator_data;
  absl::string_view client_data;
  absl::string_view signature;
};

inline constexpr WebauthnVector kWebauthnVectors[] = {
#include "tests/vectors/webauthn_level3.inc"
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_VECTORS_WEBAUTHN_LEVEL3_H_
