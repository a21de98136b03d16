#include <CLI/CLI.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/enrollment_text.h"
#include "clients/cli/method_text.h"
#include "server/methods/type_name.h"

namespace twofold {
namespace {

struct Options {
  std::string user, method_id, code, second_code;
  std::vector<std::string> allow;
  CodeOptions code_options;
};

int Confirm(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::ConfirmEnrollmentRequest>(o.user);
  request.set_method_id(o.method_id);
  request.set_code(session.Code(o.code, "Code that the app shows now: "));
  request.set_client_address(o.code_options.client_address);
  return session.Report(session.Client().ConfirmEnrollment(std::move(request)), ConfirmationText);
}

int Verify(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::VerifyRequest>(o.user);
  request.set_code(session.Code(o.code, "Code: "));
  request.set_method_id(o.method_id);
  for (const std::string& name : o.allow) request.add_allowed_types(MethodTypeNamed(name));
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
  CLI::App* command = AddCommand(app, "confirm", "Activate a pending method by a code from the authenticator",
                                 "twofold confirm ann 4fzyo62mvyr6v3jcpu2n7ejzka 123456");
  command->add_option("USER", o->user, "User id")->required();
  command->add_option("METHOD_ID", o->method_id, "The pending method")->required();
  command->add_option("CODE", o->code, "Code; - reads it from standard input")->required();
  AddClientAddress(*command, o->code_options);
  command->callback([o, &session] { session.action = [o, &session] { return Confirm(session, *o); }; });
}

void AddVerify(CLI::App& app, Session& session) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      AddCommand(app, "verify", "Check a code. The exit code is 0 only if it is right and unused",
                 "twofold verify ann 123456 --client-address 203.0.113.7");
  command->add_option("USER", o->user, "User id")->required();
  command
      ->add_option("CODE", o->code,
                   "Code of an authenticator, or backup code; - reads it from standard input")
      ->required();
  command->add_option("--method-id", o->method_id, "Check this method only");
  command->add_option("--allow", o->allow, "Accept only these types: totp,hotp,backup_codes")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"totp", "hotp", "backup_codes"}))
      ->type_name("TYPES");
  AddClientAddress(*command, o->code_options);
  command->callback([o, &session] { session.action = [o, &session] { return Verify(session, *o); }; });
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
