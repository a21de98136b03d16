#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/method_text.h"

namespace twofold {
namespace {

constexpr char kExampleId[] = "4fzyo62mvyr6v3jcpu2n7ejzka";

struct Options {
  std::string user, method_id, description;
  bool off = false;
  bool yes = false;
  CodeOptions proof;
};

v1::UpdateMethodRequest NewUpdate(Session& session, const Options& o, const char* field) {
  auto request = session.NewRequest<v1::UpdateMethodRequest>(o.user);
  request.set_method_id(o.method_id);
  request.mutable_update_mask()->add_paths(field);
  SetProof(session, o.proof, request);
  return request;
}

int Update(Session& session, v1::UpdateMethodRequest request, const char* done) {
  return session.Report(session.Client().UpdateMethod(std::move(request)),
                        [done](const v1::UpdateMethodResponse& response) {
                          return absl::StrCat(done, ": ", MethodName(response.method()), "\n");
                        });
}

int Rename(Session& session, const Options& o) {
  v1::UpdateMethodRequest request = NewUpdate(session, o, "description");
  request.set_description(o.description);
  return Update(session, std::move(request), "renamed");
}

int SetEnabled(Session& session, const Options& o, bool enabled) {
  v1::UpdateMethodRequest request = NewUpdate(session, o, "enabled");
  request.set_enabled(enabled);
  return Update(session, std::move(request), enabled ? "enabled" : "disabled");
}

int Prefer(Session& session, const Options& o) {
  v1::UpdateMethodRequest request = NewUpdate(session, o, "preferred");
  request.set_preferred(!o.off);
  return Update(session, std::move(request), o.off ? "no longer preferred" : "preferred");
}

// Asks before it deletes the last authenticator. Returns the exit code if nothing is to be deleted.
std::optional<int> Spared(Session& session, const Options& o) {
  if (o.yes) return std::nullopt;
  const auto methods = session.Client().ListMethods(session.NewRequest<v1::ListMethodsRequest>(o.user));
  if (!methods.ok()) return session.Fail(methods.error());
  const v1::Method* last = LastAuthenticator(*methods, o.method_id);
  if (last == nullptr) return std::nullopt;
  const std::string why =
      absl::StrCat(o.method_id, " is the last authenticator of ", session.NameOf(o.user),
                   ", and nobody can be asked whether to turn the second factor off; add --yes");
  if (session.Agrees(LastAuthenticatorQuestion(*methods, *last, session.NameOf(o.user)), why))
    return std::nullopt;
  session.console.Complain("nothing was changed");
  return kRefused;
}

int Delete(Session& session, const Options& o) {
  if (const std::optional<int> spared = Spared(session, o)) return *spared;
  auto request = session.NewRequest<v1::DeleteMethodRequest>(o.user);
  request.set_method_id(o.method_id);
  SetProof(session, o.proof, request);
  return session.Report(
      session.Client().DeleteMethod(std::move(request)),
      [&o](const v1::DeleteMethodResponse& response) { return DeletedText(response, o.method_id); });
}

int List(Session& session, const Options& o) {
  return session.Report(
      session.Client().ListMethods(session.NewRequest<v1::ListMethodsRequest>(o.user)),
      [&](const v1::ListMethodsResponse& response) { return MethodsText(response, session.NameOf(o.user)); });
}

// Adds a subcommand about one method. `run` carries it out.
template <typename Run>
CLI::App* AddMethodCommand(CLI::App& parent, Session& session, const std::shared_ptr<Options>& o,
                           const std::string& name, const std::string& description,
                           const std::string& example_tail, Run run) {
  CLI::App* command = AddCommand(parent, name, description,
                                 absl::StrCat("twofold method ", name, " ann ", kExampleId, example_tail));
  command->add_option("USER", o->user, "User id")->required();
  command->add_option("METHOD_ID", o->method_id, "The method")->required();
  command->callback([o, run, &session] { session.action = [o, run, &session] { return run(session, *o); }; });
  return command;
}

void AddChanges(CLI::App& method, Session& session) {
  auto rename = std::make_shared<Options>();
  AddMethodCommand(method, session, rename, "rename", "Change the description of the authenticator",
                   " \"Ann's new phone\"", Rename)
      ->add_option("DESCRIPTION", rename->description, "At most 100 bytes")
      ->required();

  auto prefer = std::make_shared<Options>();
  AddMethodCommand(method, session, prefer, "prefer", "Offer this authenticator first", "", Prefer)
      ->add_flag("--off", prefer->off, "Remove the preference");
}

void AddProvenChanges(CLI::App& method, Session& session) {
  const auto disable = [](Session& s, const Options& o) { return SetEnabled(s, o, false); };
  const auto enable = [](Session& s, const Options& o) { return SetEnabled(s, o, true); };
  const std::string proof = " --proof-code 123456";
  const auto add = [&](const char* name, const char* description, auto run) {
    auto o = std::make_shared<Options>();
    CLI::App* command = AddMethodCommand(method, session, o, name, description, proof, run);
    AddProof(*command, o->proof);
    return std::make_pair(command, o);
  };
  add("disable", "Refuse the authenticator's codes until it is enabled again", disable);
  add("enable", "Accept the authenticator's codes again", enable);
  const auto [command, o] = add(
      "delete", "Remove the authenticator. Asks before it removes the last one and the backup codes", Delete);
  command->add_flag("--yes", o->yes, "Do not ask before the last authenticator is removed");
}

}  // namespace

void AddMethodCommands(CLI::App& app, Session& session) {
  auto o = std::make_shared<Options>();
  CLI::App* methods = AddCommand(app, "methods", "List what a user can log in with; * marks the default",
                                 "twofold methods ann");
  methods->add_option("USER", o->user, "User id")->required();
  methods->callback([o, &session] { session.action = [o, &session] { return List(session, *o); }; });

  CLI::App* method = AddCommand(app, "method", "Change or remove an authenticator", "twofold method --help");
  method->require_subcommand(1);
  AddChanges(*method, session);
  AddProvenChanges(*method, session);
}

}  // namespace twofold
