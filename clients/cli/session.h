#ifndef TWOFOLD_CLIENTS_CLI_SESSION_H_
#define TWOFOLD_CLIENTS_CLI_SESSION_H_

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cli/console.h"
#include "clients/cli/error_output.h"
#include "clients/cpp/client.h"

namespace twofold {

// The protobuf JSON of `message`, default values included, on one line.
std::string ToJson(const google::protobuf::Message& message);

inline constexpr char kDefaultAddress[] = "127.0.0.1:50051";
inline constexpr char kAddressVariable[] = "TWOFOLD_ADDRESS";

// One run of the command: its global flags, its streams and its server.
class Session {
 public:
  // Global flags.
  std::string address = kDefaultAddress;
  std::string tenant;
  std::string request_id;
  absl::Duration timeout = absl::Seconds(2);
  bool json = false;

  // What the command line asks for; set while it is parsed, run afterwards. Returns the exit code.
  std::function<int()> action;

  Console console;

  TwofoldClient& Client();

  // A request about `user` in the chosen tenant.
  template <typename Request>
  Request NewRequest(const std::string& user) const {
    Request request;
    request.set_tenant(tenant);
    request.set_user_id(user);
    if constexpr (requires { request.set_request_id(request_id); }) request.set_request_id(request_id);
    return request;
  }

  // The global flags that another command of this user needs to reach the same server and tenant, ready for a
  // shell, with a space before each.
  std::string Flags() const;

  // The user for messages, with the tenant if one was chosen.
  std::string NameOf(const std::string& user) const;

  // Whether a person answers `question` with yes. Throws CLI::ParseError with `why` where nobody can be
  // asked.
  bool Agrees(absl::string_view question, const std::string& why);

  // The code that an argument stands for: "-" asks for it on the terminal or reads a line of standard input,
  // anything else is the code. Comes as the server takes it (CodeAsSent). Throws CLI::ParseError at the end
  // of input.
  std::string Code(const std::string& argument, absl::string_view prompt);

  // The first line of standard input when `path` is "-", else the file's content; white space at its end is
  // cut off. Throws CLI::ParseError when there is none.
  std::string SecretFile(const std::string& path);

  // Reports an error of the server, returns the exit code.
  int Fail(const CallError& error);

  // Reports that the server has no record of `user`, returns the exit code.
  int FailNoRecord(const std::string& user);

  // Writes `text`, returns the exit code.
  int Print(absl::string_view text);

  // Reports the outcome of a call: the response as JSON, or as the text that `to_text` makes of it.
  template <typename Response, typename ToText>
  int Report(const Result<Response>& result, ToText to_text) {
    if (!result.ok()) return Fail(result.error());
    return Print(json ? ToJson(*result) + "\n" : to_text(*result));
  }

 private:
  std::unique_ptr<TwofoldClient> client_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_SESSION_H_
