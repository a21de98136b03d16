#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/local_output.h"
#include "server/builtins.h"

namespace twofold {
namespace {

struct Options {
  std::string storage;
  std::string to;
};

int Backup(Session& session, const Options& o) {
  ProgressBar bar(session);
  absl::StatusOr<BackupReport> report = absl::UnavailableError("");
  {
    const InterruptNotice notice(
        absl::StrCat("twofold: interrupted: there is no backup; ", o.to, ".part may be removed\n"));
    report = BackUpStorage(o.storage, o.to, [&bar](int64_t done, int64_t total) {
      bar.Show("backing up", done, total, "pages");
    });
  }
  bar.Clear();
  if (!report.ok()) return FailLocally(session, report.status());
  JsonObject json;
  json.Set("file", o.to).Set("records", report->records).Set("bytes", report->bytes);
  return session.Print(session.json ? json.Line()
                                    : absl::StrCat("backed up: ", report->records, " records, ",
                                                   report->bytes, " bytes, checked, in ", o.to, "\n"));
}

}  // namespace

void AddBackupCommand(CLI::App& admin, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* backup = AddCommand(admin, "backup", "Back up an SQLite database, also while a server uses it",
                                "twofold admin backup --storage sqlite:twofold.db --to backup.db");
  backup->add_option("--storage", options->storage, "What to back up: sqlite:PATH")
      ->type_name("URI")
      ->required();
  backup->add_option("--to", options->to, "A new file, readable by its owner alone")
      ->type_name("FILE")
      ->required();
  backup->callback(
      [options, &session] { session.action = [options, &session] { return Backup(session, *options); }; });
}

}  // namespace twofold
