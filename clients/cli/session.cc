#include "clients/cli/session.h"

#include <google/protobuf/util/json_util.h>
#include <stdlib.h>

#include <CLI/Error.hpp>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/answer.h"
#include "clients/cli/text.h"
#include "common/unicode.h"

namespace twofold {
namespace {

constexpr size_t kMaxSecretFileBytes = 4096;

std::string CheckUtf8(std::string text, absl::string_view what) {
  if (!IsUtf8(text)) throw CLI::ValidationError(absl::StrCat(what, " is not valid UTF-8"));
  return text;
}

// A command line that names what cannot be read is wrong.
std::string OrThrow(absl::StatusOr<std::string> text) {
  if (!text.ok()) throw CLI::ValidationError(std::string(text.status().message()));
  return *std::move(text);
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // This fails only for Any and for times out of range, and our responses hold neither.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

TwofoldClient& Session::Client() {
  if (client_ == nullptr) {
    ClientOptions options;
    options.address = address;
    options.timeout = timeout;
    options.send_timeout = send_timeout;
    options.server_name = server_name;
    options.credentials = Credentials();
    client_ = std::make_unique<TwofoldClient>(options);
  }
  return *client_;
}

std::shared_ptr<grpc::ChannelCredentials> Session::Credentials() const {
  if (tls.ca.empty()) {
    if (!tls.certificate.empty() || !tls.key.empty() || !server_name.empty()) {
      throw CLI::ValidationError("--cert, --key and --server-name need --ca, which turns TLS on");
    }
    return nullptr;
  }
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = LoadTlsCredentials(tls);
  if (!credentials.ok()) throw CLI::ValidationError(std::string(credentials.status().message()));
  return *std::move(credentials);
}

std::string Session::Flags() const {
  const auto flag = [](const char* name, const char* variable, const char* fallback,
                       const std::string& value) {
    const char* const set = getenv(variable);
    const std::string usual = set != nullptr && *set != '\0' ? set : fallback;
    return value == usual ? std::string() : absl::StrCat(" ", name, " ", ShellQuote(value));
  };
  return absl::StrCat(
      flag("--address", kAddressVariable, kDefaultAddress, address), flag("--ca", kCaVariable, "", tls.ca),
      flag("--cert", kCertVariable, "", tls.certificate), flag("--key", kKeyVariable, "", tls.key),
      flag("--server-name", kServerNameVariable, "", server_name),
      tenant.empty() ? "" : absl::StrCat(" --tenant ", ShellQuote(tenant)));
}

std::string Session::NameOf(const std::string& user) const {
  return tenant.empty() ? user : absl::StrCat(user, " in tenant ", tenant);
}

bool Session::Agrees(absl::string_view question, const std::string& why) {
  if (json || !console.CanAsk()) throw CLI::ValidationError(why);
  return console.ReadLine(absl::StrCat(EscapeControls(question), " Type yes: ")) == "yes";
}

std::string Session::Code(const std::string& argument, absl::string_view prompt) {
  if (argument != "-") return CodeAsSent(argument);
  std::optional<std::string> line = console.ReadLine(prompt);
  if (!line) throw CLI::ValidationError("no code on standard input");
  return CodeAsSent(CheckUtf8(*std::move(line), "the code"));
}

std::string Session::SecretFile(const std::string& path) {
  std::string secret;
  if (path == "-") {
    secret = console.ReadLine("Secret: ").value_or("");
  } else {
    secret = OrThrow(ReadSmallFile(path, kMaxSecretFileBytes));
  }
  absl::StripTrailingAsciiWhitespace(&secret);
  if (secret.empty()) throw CLI::ValidationError(absl::StrCat(path, " is empty"));
  return CheckUtf8(std::move(secret), path);
}

std::string Session::Credential(const std::string& path) {
  return OrThrow(ReadCredential(console, path, "Credential: "));
}

int Session::Fail(const CallError& error) {
  if (json) {
    console.Print(absl::StrCat("{\"error\":", ErrorJson(error), "}\n"));
  } else {
    console.Complain(ErrorLine(error, address));
  }
  return ExitCodeOf(error);
}

int Session::FailNoRecord(const std::string& user) {
  CallError error;
  error.code = grpc::StatusCode::NOT_FOUND;
  error.message = absl::StrCat("there is no record of ", NameOf(user), ": is the name right?");
  if (json) return Fail(error);
  console.Complain(error.message);
  return ExitCodeOf(error);
}

int Session::Print(absl::string_view text) {
  if (console.Print(text)) return kDone;
  console.Complain("the command succeeded, but its output could not be written");
  return kRefused;
}

}  // namespace twofold
