#ifndef TWOFOLD_TESTS_DELIVERY_RECEIVER_H_
#define TWOFOLD_TESTS_DELIVERY_RECEIVER_H_

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/harness/certificates.h"
#include "tests/harness/python_server.h"
#include "tests/harness/tool.h"

namespace twofold {

// The process of receiver.py: a webhook or a mail server on 127.0.0.1, which misbehaves for destinations
// that a test names. Not thread-safe.
class Receiver {
 public:
  // `kind` is one of those in receiver.py. The certificate is for 127.0.0.1 if the test wants to reach it.
  Receiver(const std::string& kind, const TestAuthority::Pair& certificate);

  // From now on messages to `destination` meet `fault`, a word of receiver.py.
  void Fail(const std::string& destination, const std::string& fault);
  // What arrived, in its order; only what was for `destination`, unless that is empty.
  std::vector<nlohmann::json> Arrived(const std::string& destination = "") const;
  // The code of the last message to `destination`. Empty if there is none.
  std::string LastCode(const std::string& destination) const;

  // It accepts connections from now on, and does nothing else.
  void Freeze() const;
  void Thaw() const;
  void Stop() { server_->Stop(); }

  // The URI of its carrier, with `more` options.
  std::string Uri(const std::string& ca, const std::string& more = "") const;
  // One or two secrets of Standard Webhooks that the server signs with, and those that the receiver knows.
  void SetSecrets(const std::string& of_server, const std::string& of_receiver) const;

 private:
  void WriteFaults() const;

  const TempFolder folder_;
  const std::string kind_;
  std::map<std::string, std::string> faults_;
  std::unique_ptr<PythonServer> server_;
};

// Makes a secret, each time another one.
std::string NewWebhookSecret();

}  // namespace twofold

#endif  // TWOFOLD_TESTS_DELIVERY_RECEIVER_H_
