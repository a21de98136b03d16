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
#include "clients/cpp/tls.h"

namespace twofold {

// Returns `message` as protobuf JSON with default values, on one line.
std::string ToJson(const google::protobuf::Message& message);

inline constexpr char kDefaultAddress[] = "127.0.0.1:50051";
inline constexpr char kAddressVariable[] = "TWOFOLD_ADDRESS";
inline constexpr char kCaVariable[] = "TWOFOLD_CA";
inline constexpr char kCertVariable[] = "TWOFOLD_CERT";
inline constexpr char kKeyVariable[] = "TWOFOLD_KEY";
inline constexpr char kServerNameVariable[] = "TWOFOLD_SERVER_NAME";

// A run of the command, with its global flags, streams and server.
class Session {
 public:
  // These are the global flags.
  std::string address = kDefaultAddress;
  // TLS is used if a CA is named.
  ClientTlsFiles tls;
  std::string server_name;
  std::string tenant;
  std::string request_id;
  absl::Duration timeout = absl::Seconds(2);
  // For calls that send a code. --timeout sets both.
  absl::Duration send_timeout = ClientOptions().send_timeout;
  bool json = false;

  // The action that the command line asks for. Parsing sets it, and it runs afterwards. It returns
  // the exit code.
  std::function<int()> action;

  Console console;

  // Throws CLI::ValidationError if the files of TLS cannot be used.
  TwofoldClient& Client();

  // Returns a request about `user` in the chosen tenant.
  template <typename Request>
  Request NewRequest(const std::string& user) const {
    Request request;
    request.set_tenant(tenant);
    request.set_user_id(user);
    if constexpr (requires { request.set_request_id(request_id); }) request.set_request_id(request_id);
    return request;
  }

  // Returns the global flags that another command of this user needs to reach the same server and
  // tenant. They are quoted for a shell, each with a space in front.
  std::string Flags() const;

  // Returns the name of the user for messages, with the tenant if one was chosen.
  std::string NameOf(const std::string& user) const;

  // Returns whether a person answers `question` with yes. Throws CLI::ParseError with `why` if
  // nobody can be asked.
  bool Agrees(absl::string_view question, const std::string& why);

  // Returns the code that an argument stands for. For "-" it asks on the terminal or reads a line
  // of standard input. Any other argument is the code. The code is normalised by CodeAsSent. Throws
  // CLI::ParseError at the end of input.
  std::string Code(const std::string& argument, absl::string_view prompt);

  // Returns the first line of standard input if `path` is "-", else the content of the file,
  // without white space at its end. Throws CLI::ParseError if there is none.
  std::string SecretFile(const std::string& path);

  // Returns the JSON that a security key made, from a file, or from standard input if `path` is "-".
  // Throws CLI::ParseError if there is none.
  std::string Credential(const std::string& path);

  // Reports an error of the server and returns the exit code.
  int Fail(const CallError& error);

  // Reports that the server has no record of `user` and returns the exit code.
  int FailNoRecord(const std::string& user);

  // Writes `text` and returns the exit code.
  int Print(absl::string_view text);

  // Reports the outcome of a call. It prints the response as JSON, or as the text that `to_text`
  // makes.
  template <typename Response, typename ToText>
  int Report(const Result<Response>& result, ToText to_text) {
    if (!result.ok()) return Fail(result.error());
    return Print(json ? ToJson(*result) + "\n" : to_text(*result));
  }

 private:
  // Null for plain text.
  std::shared_ptr<grpc::ChannelCredentials> Credentials() const;

  std::unique_ptr<TwofoldClient> client_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_SESSION_H_
