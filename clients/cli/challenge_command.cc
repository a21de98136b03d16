#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "clients/cli/challenge_text.h"
#include "clients/cli/commands.h"

namespace twofold {
namespace {

struct Options {
  std::string user, type, method_id, resend;
  bool for_change = false;
  CodeOptions code_options;
};

int Start(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::StartChallengeRequest>(o.user);
  request.set_method_id(o.method_id);
  if (!o.type.empty()) request.add_allowed_types(TypeOfOption(o.type));
  request.set_for_change(o.for_change);
  request.set_challenge_id(o.resend);
  request.set_client_address(o.code_options.client_address);
  const Result<Challenge> challenge = session.Client().StartChallenge(std::move(request));
  if (!challenge.ok()) return session.Fail(challenge.error());
  const v1::StartChallengeResponse& response = challenge->response();
  return session.Print(session.json ? ToJson(response) + "\n" : ChallengeText(response));
}

}  // namespace

void AddChallengeCommand(CLI::App& app, Session& session) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      AddCommand(app, "challenge", "Make a challenge for a security key, or send a code by SMS or e-mail",
                 "twofold challenge ann --type sms");
  command->add_option("USER", o->user, "User id")->required();
  TakeTypes(
      *command->add_option("--type", o->type, "For a method of this type (default: the user's default)"),
      {"security-key", "sms", "email"});
  command->add_option("--method-id", o->method_id,
                      "For this method only. It may be a pending one, whose code is to be sent again");
  command->add_flag("--for-change", o->for_change,
                    "The answer proves a change, and no login. So does a code for a pending method");
  command->add_option("--resend", o->resend, "Send the code of this challenge again")
      ->type_name("CHALLENGE_ID");
  AddClientAddress(*command, o->code_options);
  command->callback([o, &session] { session.action = [o, &session] { return Start(session, *o); }; });
}

}  // namespace twofold
