#ifndef TWOFOLD_TESTS_WEBAUTHN_DISAGREEMENTS_H_
#define TWOFOLD_TESTS_WEBAUTHN_DISAGREEMENTS_H_

#include <string>
#include <vector>

namespace twofold {

// Answers on which others judge unlike this server.
struct Disagreement {
  // libfido2 and then python-fido2: "a" for accepted, "r" for refused, "-" for not asked.
  std::string others;
  std::string why;
  // What the cases are about, such as "registration" and "login". Each stands before each name.
  std::vector<std::string> about;
  std::vector<std::string> names;
};

std::vector<Disagreement> Disagreements();

}  // namespace twofold

#endif  // TWOFOLD_TESTS_WEBAUTHN_DISAGREEMENTS_H_
