#ifndef TWOFOLD_SERVER_METHODS_WEBAUTHN_RELYING_PARTY_H_
#define TWOFOLD_SERVER_METHODS_WEBAUTHN_RELYING_PARTY_H_

#include <string>
#include <vector>

namespace twofold {

// Whether a key must check its user by a PIN or a fingerprint (WebAuthn Level 3, 5.8.6).
enum class UserVerification { kRequired, kPreferred, kDiscouraged };

// As browsers and the server's flag name it. The text lives as long as the process.
constexpr const char* NameOf(UserVerification verification) {
  switch (verification) {
    case UserVerification::kRequired:
      return "required";
    case UserVerification::kPreferred:
      return "preferred";
    case UserVerification::kDiscouraged:
      return "discouraged";
  }
  return "";
}

// For whom security keys are registered: the "relying party" of WebAuthn.
struct RelyingParty {
  // A host name such as "login.example.org". Keys are registered for it, and a key works for no other.
  // Empty: security keys are off.
  std::string id;
  // The name that browsers show.
  std::string name;
  // The pages on which keys may be used, such as "https://login.example.org". They are compared as
  // exact text.
  std::vector<std::string> origins;
  UserVerification user_verification = UserVerification::kPreferred;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_WEBAUTHN_RELYING_PARTY_H_
