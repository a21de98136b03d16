#ifndef TWOFOLD_TESTS_REDIS_HARNESS_TLS_FILES_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_TLS_FILES_H_

#include <string>

#include "tests/harness/tool.h"

namespace twofold {

// A certificate authority with a server's and a client's certificate, as PEM files that go with the
// object. Made by the openssl command, valid for a day from now. Two objects do not trust each
// other. Aborts when openssl fails. Immutable, hence thread-safe.
class TlsFiles {
 public:
  // The names that the server's certificate is good for, in the syntax of OpenSSL's subjectAltName.
  explicit TlsFiles(const std::string& server_names = "IP:127.0.0.1,DNS:localhost");

  std::string ca() const { return folder_.File("ca.crt"); }
  std::string server_certificate() const { return folder_.File("server.crt"); }
  std::string server_key() const { return folder_.File("server.key"); }
  std::string client_certificate() const { return folder_.File("client.crt"); }
  std::string client_key() const { return folder_.File("client.key"); }

 private:
  const TempFolder folder_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_TLS_FILES_H_
