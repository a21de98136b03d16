#include <CLI/CLI.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/enrollment_text.h"
#include "clients/cli/method_text.h"

namespace twofold {
namespace {

struct Options {
  std::string user, method_id, code, second_code, credential;
  std::vector<std::string> allow;
  CodeOptions code_options;
};

// Adds CODE and --credential, of which the command takes exactly one.
void AddAnswer(CLI::App& command, Options& o, const char* code_help) {
  CLI::Option* const code = command.add_option("CODE", o.code, code_help);
  CLI::Option* const credential = command.add_option(
      "--credential", o.credential,
      "Instead of a code, the JSON that the security key made; - reads it from standard input");
  credential->excludes(code)->type_name("FILE");
}

// To be called when the command line is parsed.
void CheckAnswer(const CLI::App& command) {
  if (command.count("CODE") + command.count("--credential") == 0) {
    throw CLI::RequiredError("CODE or --credential");
  }
}

// Copies the answer into a request. Asks for it if it is "-".
template <typename Request>
void SetAnswer(Session& session, const Options& o, const char* prompt, Request& request) {
  if (o.credential.empty()) {
    request.set_code(session.Code(o.code, prompt));
  } else {
    request.set_webauthn_credential_json(session.Credential(o.credential));
  }
}

int Confirm(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::ConfirmEnrollmentRequest>(o.user);
  request.set_method_id(o.method_id);
  SetAnswer(session, o, "Code: ", request);
  request.set_client_address(o.code_options.client_address);
  return session.Report(session.Client().ConfirmEnrollment(std::move(request)), ConfirmationText);
}

int Verify(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::VerifyRequest>(o.user);
  SetAnswer(session, o, "Code: ", request);
  request.set_challenge_id(o.code_options.challenge);
  request.set_method_id(o.method_id);
  for (const std::string& name : o.allow) request.add_allowed_types(TypeOfOption(name));
  request.set_client_address(o.code_options.client_address);
  return session.Report(session.Client().Verify(std::move(request)), VerifiedText);
}

int Resync(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::ResyncMethodRequest>(o.user);
  request.set_method_id(o.method_id);
  request.add_codes(session.Code(o.code, "Code that the authenticator shows: "));
  request.add_codes(session.Code(o.second_code, "The next code that it shows: "));
  request.set_client_address(o.code_options.client_address);
  return session.Report(session.Client().ResyncMethod(std::move(request)),
                        [](const v1::ResyncMethodResponse& response) {
                          return absl::StrCat("accepted: ", MethodName(response.method()), "\n");
                        });
}

void AddConfirm(CLI::App& app, Session& session) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      AddCommand(app, "confirm", "Activate a pending method by a code or a security key's answer",
                 "twofold confirm ann 4fzyo62mvyr6v3jcpu2n7ejzka 123456");
  command->add_option("USER", o->user, "User id")->required();
  command->add_option("METHOD_ID", o->method_id, "The pending method")->required();
  AddAnswer(*command, *o, "Code; - reads it from standard input");
  AddClientAddress(*command, o->code_options);
  command->callback([o, command, &session] {
    CheckAnswer(*command);
    session.action = [o, &session] { return Confirm(session, *o); };
  });
}

void AddVerify(CLI::App& app, Session& session) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      AddCommand(app, "verify",
                 "Check a code or a security key's answer. The exit code is 0 only if it is right and unused",
                 "twofold verify ann 123456 --client-address 203.0.113.7");
  command->add_option("USER", o->user, "User id")->required();
  AddAnswer(*command, *o,
            "Code of an authenticator, sent code, or backup code; - reads it from standard input");
  CLI::Option* const challenge =
      command
          ->add_option("--challenge", o->code_options.challenge,
                       "The id of the answered challenge. Sent codes and security keys need it")
          ->type_name("ID");
  command->get_option("--credential")->needs(challenge);
  command->add_option("--method-id", o->method_id, "Check this method only");
  CLI::Option* const allow = command->add_option(
      "--allow", o->allow, "Accept only these types: totp,hotp,backup-codes,security-key,sms,email");
  TakeTypes(*allow, {"totp", "hotp", "backup-codes", "security-key", "sms", "email"});
  allow->delimiter(',')->allow_extra_args(false)->type_name("TYPES");
  AddClientAddress(*command, o->code_options);
  command->callback([o, command, &session] {
    CheckAnswer(*command);
    session.action = [o, &session] { return Verify(session, *o); };
  });
}

void AddResync(CLI::App& app, Session& session) {
  auto o = std::make_shared<Options>();
  CLI::App* command = AddCommand(
      app, "resync", "Log in with two consecutive codes of an authenticator whose clock or counter is off",
      "twofold resync ann 4fzyo62mvyr6v3jcpu2n7ejzka 123456 654321");
  command->add_option("USER", o->user, "User id")->required();
  command->add_option("METHOD_ID", o->method_id, "The method")->required();
  command->add_option("CODE1", o->code, "Code; - reads it from standard input")->required();
  command->add_option("CODE2", o->second_code, "The code that the authenticator showed next; - reads it too")
      ->required();
  AddClientAddress(*command, o->code_options);
  command->callback([o, &session] { session.action = [o, &session] { return Resync(session, *o); }; });
}

}  // namespace

void AddLoginCommands(CLI::App& app, Session& session) {
  AddConfirm(app, session);
  AddVerify(app, session);
  AddResync(app, session);
}

}  // namespace twofold
