#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"

namespace twofold {
namespace {

struct Options {
  std::string user;
  bool yes = false;
};

int Unlock(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::UnlockSubjectRequest>(o.user);
  const auto result = session.Client().UnlockSubject(std::move(request));
  if (result.ok() && !result->had_record()) return session.FailNoRecord(o.user);
  return session.Report(result, [](const v1::UnlockSubjectResponse& response) {
    return std::string(response.was_locked() ? "unlocked" : "was not locked") +
           "; the user's attempts are given back\n";
  });
}

int Reset(Session& session, const Options& o) {
  const std::string question =
      absl::StrCat("Remove all methods, backup codes and counts of ", session.NameOf(o.user), "?");
  if (!o.yes && !session.Agrees(question, "nobody can be asked whether to reset the user; add --yes")) {
    session.console.Complain("nothing was changed");
    return kRefused;
  }
  auto request = session.NewRequest<v1::ResetSubjectRequest>(o.user);
  const auto result = session.Client().ResetSubject(std::move(request));
  if (result.ok() && !result->had_record()) return session.FailNoRecord(o.user);
  return session.Report(result, [](const v1::ResetSubjectResponse& response) {
    return absl::StrCat("Removed authenticators: ", response.removed_methods(),
                        ", unused backup codes: ", response.removed_backup_codes(), "\n");
  });
}

}  // namespace

void AddAdminCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddCommand(app, "admin", "Administer users without their proof, and maintain the storage",
                               "twofold admin --help");
  group->require_subcommand(1);
  AddMigrateCommand(*group, session);
  AddBackupCommand(*group, session);
  AddKeyRingCommands(*group, session);
  AddPolicyCommands(*group, session);
  AddImportCommand(*group, session);
  AddExportCommand(*group, session);
  AddRewrapCommand(*group, session);

  auto unlock_options = std::make_shared<Options>();
  CLI::App* unlock = AddCommand(*group, "unlock", "End every lock of a user", "twofold admin unlock ann");
  unlock->add_option("USER", unlock_options->user, "User id")->required();
  unlock->callback([unlock_options, &session] {
    session.action = [unlock_options, &session] { return Unlock(session, *unlock_options); };
  });

  auto reset_options = std::make_shared<Options>();
  CLI::App* reset = AddCommand(*group, "reset", "Remove all methods, backup codes and counts of a user",
                               "twofold admin reset ann --yes");
  reset->add_option("USER", reset_options->user, "User id")->required();
  reset->add_flag("--yes", reset_options->yes, "Do not ask");
  reset->callback([reset_options, &session] {
    session.action = [reset_options, &session] { return Reset(session, *reset_options); };
  });
}

}  // namespace twofold
