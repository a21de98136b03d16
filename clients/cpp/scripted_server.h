#ifndef TWOFOLD_CLIENTS_CPP_SCRIPTED_SERVER_H_
#define TWOFOLD_CLIENTS_CPP_SCRIPTED_SERVER_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <vector>

#include "clients/cpp/call_error.h"

namespace twofold {

// The status that a Twofold server makes of `error`: ErrorInfo when it has a reason, RetryInfo, BadRequest.
grpc::Status MakeStatus(const CallError& error);

// Serves both services on a free port of 127.0.0.1 with answers that a test sets: for what a client shows and
// sends, not for what a server does. Thread-safe.
class ScriptedServer {
 public:
  ScriptedServer();
  ~ScriptedServer();

  const std::string& address() const { return address_; }

  // Calls whose response has this type get it, from now on. Without it they get an empty one.
  void Answer(const google::protobuf::Message& response);

  // The next call of any kind that has no earlier refusal before it gets this status.
  void RefuseNext(const grpc::Status& status);

  // Keeps every call waiting until its client has gone.
  void Stall();

  // The calls with a request of this type so far, in order.
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

#endif  // TWOFOLD_CLIENTS_CPP_SCRIPTED_SERVER_H_
