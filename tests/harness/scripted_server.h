#ifndef TWOFOLD_TESTS_HARNESS_SCRIPTED_SERVER_H_
#define TWOFOLD_TESTS_HARNESS_SCRIPTED_SERVER_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <vector>

#include "clients/cpp/call_error.h"

namespace twofold {

// Returns the status that a Twofold server makes of `error`: ErrorInfo if it has a reason,
// RetryInfo, BadRequest.
grpc::Status MakeStatus(const CallError& error);

// Serves the services of callers on a free port of 127.0.0.1 with answers that a test sets. It is for tests
// of what a client shows and sends, and not of what a server does. Thread-safe.
class ScriptedServer {
 public:
  ScriptedServer();
  ~ScriptedServer();

  const std::string& address() const { return address_; }

  // From now on, calls whose response has this type get `response`. Other calls get an empty one.
  void Answer(const google::protobuf::Message& response);

  // The next call of any kind gets this status, after earlier calls of RefuseNext are used up.
  void RefuseNext(const grpc::Status& status);

  // Keeps every call waiting until its client has gone.
  void Stall();

  // Returns the requests of this type so far, in order.
  template <typename Request>
  std::vector<Request> Requests() const {
    std::vector<Request> requests;
    for (const std::string& bytes : Recorded(std::string(Request::descriptor()->full_name()))) {
      requests.emplace_back().ParseFromString(bytes);
    }
    return requests;
  }

 private:
  class Services;

  std::vector<std::string> Recorded(const std::string& type) const;

  std::unique_ptr<Services> services_;
  std::string address_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_SCRIPTED_SERVER_H_
