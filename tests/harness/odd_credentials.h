#ifndef TWOFOLD_TESTS_HARNESS_ODD_CREDENTIALS_H_
#define TWOFOLD_TESTS_HARNESS_ODD_CREDENTIALS_H_

#include <string>
#include <vector>

#include "tests/harness/software_key.h"

namespace twofold {

// What of the server must notice that something is wrong.
enum class Noticed {
  // ParseRegistrationCredential or ParseAssertionCredential.
  kByJson,
  // ParseAttestationObject or ParseAuthenticatorData.
  kByData,
  // CheckNewCoseKey.
  kByKey,
  // VerifyCoseSignature.
  kBySignature,
  // The comparison with what the server expects and has stored. All of the above accept it.
  kByRules,
  // The same, only where the server requires that the key verifies its user.
  kByUserVerification,
  // Nothing. It looks odd and must be accepted.
  kNever,
};

struct OddCredential {
  // In words. No two have the same one.
  std::string name;
  Noticed noticed;
  KeyKnobs knobs;
};

// One credential for each way in which an answer can be wrong, made by a key with ES256 and without
// an attestation for the RP ID "example.org". Only what the name says is wrong. The answers to
// logins expect that the key has logged in twice before, and that it is not synced.
std::vector<OddCredential> OddRegistrations();
std::vector<OddCredential> OddAssertions();

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_ODD_CREDENTIALS_H_
