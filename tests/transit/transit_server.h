#ifndef TWOFOLD_TESTS_TRANSIT_TRANSIT_SERVER_H_
#define TWOFOLD_TESTS_TRANSIT_TRANSIT_SERVER_H_

#include <memory>
#include <string>

#include "tests/harness/python_server.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/tls_files.h"

namespace twofold {

// The process of transit_server.py, on a free port of 127.0.0.1. Ends with its object.
class TransitServer {
 public:
  // Without `tls` it speaks plain HTTP. `tls` outlives the server.
  explicit TransitServer(const TlsFiles* tls = nullptr);

  // Of the server alone: "//127.0.0.1:PORT".
  std::string place() const;

  // A URI of a key ring in the file `keyring`, wrapped by `key`.
  std::string Uri(const std::string& keyring, const std::string& key = "ring") const;

  const std::string& token_file() const { return token_file_; }
  // Both the server and its clients know only this token from now on.
  void SetToken(const std::string& token) const;
  void Seal() const;
  void Unseal() const;
  void Stop() const { server_->Stop(); }

 private:
  const TlsFiles* const tls_;
  const TempFolder folder_;
  const std::string token_file_ = folder_.File("token");
  std::unique_ptr<PythonServer> server_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_TRANSIT_TRANSIT_SERVER_H_
