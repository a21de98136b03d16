#ifndef TWOFOLD_TESTS_WEBAUTHN_OPINIONS_H_
#define TWOFOLD_TESTS_WEBAUTHN_OPINIONS_H_

#include <string>
#include <vector>

namespace twofold {

// What a relying party has to judge, in bytes.
struct Evidence {
  std::string challenge;
  std::string client_data;
  // Of the registration, also when a login is judged.
  std::string attestation_object;
  // What only a login has.
  bool is_login = false;
  std::string authenticator_data;
  std::string signature;
};

// Whether libfido2 accepts it. It is asked for user presence, and for the statement of an
// attestation if there is one. All it knows of client data is their digest.
bool Libfido2Accepts(const Evidence& evidence);

// Whether python-fido2 accepts each. It starts one process for all. `reasons` gets a line for each.
std::vector<bool> PythonFido2Accepts(const std::vector<Evidence>& all, std::vector<std::string>& reasons);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_WEBAUTHN_OPINIONS_H_
