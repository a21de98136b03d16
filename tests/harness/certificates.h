#ifndef TWOFOLD_TESTS_HARNESS_CERTIFICATES_H_
#define TWOFOLD_TESTS_HARNESS_CERTIFICATES_H_

#include <string>
#include <vector>

#include "tests/harness/tool.h"

namespace twofold {

// A certificate authority of a test, with a folder of its own. The openssl command makes its
// files. Two authorities do not trust each other. Aborts when openssl fails. Not thread-safe.
class TestAuthority {
 public:
  struct Pair {
    // The paths of PEM files.
    std::string certificate;
    std::string key;
  };

  TestAuthority();

  // The path of the authority's certificate.
  std::string certificate() const { return folder_.File("ca.crt"); }
  // Where files of the test may be.
  std::string File(const std::string& name) const { return folder_.File(name); }

  // Issues a certificate with these subject alternative names, such as "URI:spiffe://test/web" and
  // "DNS:localhost". It is valid from now for `days`. It has expired if `days` is negative. `usage`
  // is an extended key usage such as "clientAuth".
  Pair Issue(const std::string& name, const std::vector<std::string>& names, int days = 1,
             const std::string& usage = "serverAuth,clientAuth");

 private:
  const TempFolder folder_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_CERTIFICATES_H_
