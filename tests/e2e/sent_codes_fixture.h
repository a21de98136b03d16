#ifndef TWOFOLD_TESTS_E2E_SENT_CODES_FIXTURE_H_
#define TWOFOLD_TESTS_E2E_SENT_CODES_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "tests/delivery/receiver.h"
#include "tests/harness/certificates.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {

// A real server that sends codes to a real webhook and to a real mail server. Its users come by an import
// and have the same app.
class SentCodesServed : public ::testing::Test {
 protected:
  // `more` flags for the server. A server that runs ends, and the new one has its data.
  void Serve(const std::vector<std::string>& more = {}, const std::string& prefixes = "+49,+1,+33,+43,+44");

  static v1::PortableMethod AppOf(const std::string& user);
  static v1::PortableMethod PhoneOf(const std::string& user, const std::string& number);
  static v1::PortableMethod MailboxOf(const std::string& user, const std::string& address);
  void Import(std::vector<v1::PortableMethod> methods);

  // Asks for a code by the type of message. "ok", or the reason of the error.
  std::string Start(const std::string& user, v1::MethodType type, std::string* challenge_id = nullptr);
  std::string Verify(const std::string& user, const std::string& code, const std::string& challenge_id);
  // What the app shows so many steps from now.
  static std::string AppCode(int steps = 0);
  std::string LogInByApp(const std::string& user, int steps = 0);

  // What the server has written since its start, and its metrics.
  std::string Output() const { return server_->Log() + server_->Page("/metrics"); }
  // Expects that the output names none of the destinations, and none of the codes that arrived.
  void ExpectNothingLeaks(const std::vector<std::string>& destinations) const;

  TestAuthority authority_;
  const TestAuthority::Pair certificate_ = authority_.Issue("receiver", {"IP:127.0.0.1"});
  Receiver webhook_{"webhook", certificate_};
  Receiver mail_{"smtp", certificate_};
  const TempFolder folder_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<TwofoldClient> client_;
};

// "ok", or the reason of the error.
template <typename Response>
std::string ReasonOf(const Result<Response>& result) {
  if (result.ok()) return "ok";
  return result.error().reason.empty() ? result.error().message : result.error().reason;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_E2E_SENT_CODES_FIXTURE_H_
