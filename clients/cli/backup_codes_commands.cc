#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/enrollment_text.h"

namespace twofold {
namespace {

struct Options {
  std::string user;
  int count = 0;
  CodeOptions proof;
};

int Rotate(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::RotateBackupCodesRequest>(o.user);
  request.set_count(o.count);
  SetProof(session, o.proof, request);
  return session.Report(session.Client().RotateBackupCodes(std::move(request)),
                        [](const v1::RotateBackupCodesResponse& response) {
                          return absl::StrCat(BackupCodesText(response.backup_codes()),
                                              "Unused codes that no longer work: ", response.replaced_count(),
                                              "\n");
                        });
}

int Delete(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::DeleteBackupCodesRequest>(o.user);
  SetProof(session, o.proof, request);
  return session.Report(session.Client().DeleteBackupCodes(std::move(request)),
                        [](const v1::DeleteBackupCodesResponse& response) {
                          return absl::StrCat("Unused codes that were deleted: ", response.deleted_count(),
                                              "\n");
                        });
}

}  // namespace

void AddBackupCodesCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddCommand(app, "backup-codes", "Replace or remove a user's backup codes",
                               "twofold backup-codes --help");
  group->require_subcommand(1);

  auto rotate_options = std::make_shared<Options>();
  CLI::App* rotate =
      AddCommand(*group, "rotate", "Make new backup codes, shown once. The old ones stop working",
                 "twofold backup-codes rotate ann --proof-code 123456");
  rotate->add_option("USER", rotate_options->user, "User id")->required();
  rotate->add_option("--count", rotate_options->count, "Number of codes (default 10)")
      ->check(CLI::PositiveNumber);
  AddProof(*rotate, rotate_options->proof);
  rotate->callback([rotate_options, &session] {
    session.action = [rotate_options, &session] { return Rotate(session, *rotate_options); };
  });

  auto delete_options = std::make_shared<Options>();
  CLI::App* remove = AddCommand(*group, "delete", "Remove all backup codes",
                                "twofold backup-codes delete ann --proof-code 123456");
  remove->add_option("USER", delete_options->user, "User id")->required();
  AddProof(*remove, delete_options->proof);
  remove->callback([delete_options, &session] {
    session.action = [delete_options, &session] { return Delete(session, *delete_options); };
  });
}

}  // namespace twofold
