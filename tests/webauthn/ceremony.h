#ifndef TWOFOLD_TESTS_WEBAUTHN_CEREMONY_H_
#define TWOFOLD_TESTS_WEBAUTHN_CEREMONY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "tests/harness/odd_credentials.h"
#include "tests/harness/software_key.h"

namespace twofold {

inline constexpr char kRpId[] = "example.org";
inline constexpr char kChallenge[] = "a challenge of 32 bytes, as it is";

// Where the parsers and the cryptography stop. kByRules stands for nowhere: whether the credential
// is the expected one is the caller's question.
Noticed JudgeRegistration(absl::string_view credential_json);
Noticed JudgeAssertion(absl::string_view credential_json, absl::string_view cose_key);

// A new key that has registered and has logged in twice.
struct Registered {
  explicit Registered(SoftwareKey::Settings settings = {});

  // The next login.
  std::string Login(const KeyKnobs& knobs = {});

  SoftwareKey key;
  // The answer to the registration, and what it says.
  std::string registration;
  std::string id;
  std::string cose_key;
};

// The answer to a registration of a new key. Aborts if it refuses the options.
std::string Register(SoftwareKey& key, const KeyKnobs& knobs = {});

}  // namespace twofold

#endif  // TWOFOLD_TESTS_WEBAUTHN_CEREMONY_H_
