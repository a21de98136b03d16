#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/local_output.h"
#include "common/steady.h"
#include "crypto/system_random.h"
#include "server/builtins.h"
#include "server/store/migrate/migrate_store.h"
#include "storage/backend_uri.h"

namespace twofold {
namespace {

constexpr absl::string_view kGoOn =
    "the source is marked as being migrated, so servers refuse it: run the same command again to go on, or "
    "give up with the same --from and --abandon";

struct Options {
  std::string from;
  std::string to;
  bool overwrite = false;
  bool abandon = false;
  bool even_complete = false;
};

// The server warns of what a deployment can lose, at every start.
StorageRegistry Storages() {
  return BuiltinStorages([](const std::string&) {});
}

// The path, for storages that live in a file.
std::optional<std::string> PathIn(const std::string& uri) {
  if (!Storages().TraitsOf(uri).embedded) return std::nullopt;
  const absl::StatusOr<std::string> path = FilePathOf(*ParseBackendUri(uri));
  if (!path.ok()) return std::nullopt;
  return *path;
}

// What everybody may read; of a file the whole path.
std::string NameOf(const std::string& uri) {
  const std::optional<std::string> path = PathIn(uri);
  std::error_code error;
  if (!path) return RedactUri(uri);
  return absl::StrCat(uri.substr(0, uri.find(':') + 1), std::filesystem::absolute(*path, error).string());
}

[[noreturn]] void Misuse(const std::string& option, absl::string_view why) {
  throw CLI::ValidationError(option, std::string(why));
}

void CheckLasts(const std::string& option, const std::string& uri) {
  if (!Storages().TraitsOf(uri).ephemeral) return;
  Misuse(option, absl::StrCat(ParseBackendUri(uri)->scheme, ": is gone at the end of the command"));
}

absl::StatusOr<OpenedStorage> OpenSource(const std::string& uri) {
  CheckLasts("--from", uri);
  const std::optional<std::string> path = PathIn(uri);
  std::error_code error;
  // Opening would make it.
  if (path && !std::filesystem::exists(*path, error)) {
    return absl::FailedPreconditionError(error ? absl::StrCat("source: ", *path, ": ", error.message())
                                               : absl::StrCat("source: there is no file ", *path));
  }
  absl::StatusOr<OpenedStorage> storage = Storages().Open(uri);
  if (absl::IsInvalidArgument(storage.status())) Misuse("--from", storage.status().message());
  return storage;
}

absl::StatusOr<OpenedStorage> OpenTarget(const Options& o) {
  CheckLasts("--to", o.to);
  const std::optional<std::string> from = PathIn(o.from);
  const std::optional<std::string> to = PathIn(o.to);
  std::error_code error;
  if (o.from == o.to || (from && to && std::filesystem::equivalent(*from, *to, error))) {
    Misuse("--to", "is the same as --from");
  }
  absl::StatusOr<OpenedStorage> storage = Storages().Open(o.to);
  if (absl::IsInvalidArgument(storage.status())) Misuse("--to", storage.status().message());
  return storage;
}

class Watcher final : public MigrationObserver {
 public:
  explicit Watcher(const Session& session) : bar_(session) {}

  bool marked() const { return notice_.has_value(); }
  void End() { bar_.Clear(); }

  void Marked() override { notice_.emplace(absl::StrCat("twofold: interrupted: ", kGoOn, "\n")); }

  void Wait(absl::Duration wait) override {
    bar_.Say(absl::StrCat("waiting ", absl::ToInt64Seconds(wait), " s until all servers have noticed"));
    SteadySleep(wait);
  }

  void Progress(MigrationPhase phase, int64_t done, int64_t total) override {
    const char* label = phase == MigrationPhase::kCounting ? "counting" : "verifying";
    bar_.Show(phase == MigrationPhase::kCopying ? "copying" : label, done, total, "records");
  }

 private:
  ProgressBar bar_;
  std::optional<InterruptNotice> notice_;
};

std::string ReportText(const MigrationReport& report, const Options& o) {
  std::string text =
      report.was_complete
          ? absl::StrCat("This migration was complete before, so nothing was done. What was migrated:\n")
          : absl::StrCat("Migrated store ", report.store_id, " to ", NameOf(o.to), "; ", NameOf(o.from),
                         " is refused by servers from now on\n");
  absl::StrAppend(&text, "Records:   ", report.records);
  if (!report.was_complete) {
    absl::StrAppend(&text, " (", report.written, " written now, ", report.records - report.written,
                    " were there, ", report.removed, " others removed)");
  }
  absl::StrAppend(&text, "\nBytes:     ", report.bytes, "\nChecksum:  ", report.checksum,
                  report.was_complete ? "\n" : " on both sides\n");
  return text;
}

std::string ReportJson(const MigrationReport& report, const Options& o) {
  JsonObject json;
  json.Set("from", NameOf(o.from)).Set("to", NameOf(o.to)).Set("storeId", report.store_id);
  json.Set("records", report.records).Set("bytes", report.bytes).Set("checksum", report.checksum);
  json.Set("written", report.written).Set("removed", report.removed);
  json.Set("resumed", report.resumed).Set("wasComplete", report.was_complete);
  return json.Line();
}

int Migrate(Session& session, const Options& o) {
  const absl::StatusOr<OpenedStorage> from = OpenSource(o.from);
  if (!from.ok()) return FailLocally(session, from.status());
  const absl::StatusOr<OpenedStorage> to = OpenTarget(o);
  if (!to.ok()) return FailLocally(session, to.status());
  MigrationOptions options;
  options.target_name = NameOf(o.to);
  options.overwrite = o.overwrite;
  options.source_excludes_others = from->excludes_others;
  options.target_excludes_others = to->excludes_others;
  options.prepare_target = to->prepare;
  Watcher watcher(session);
  const absl::StatusOr<MigrationReport> report =
      MigrateStore(*from->storage, *to->storage, options, SystemRandom(), watcher);
  watcher.End();
  if (report.ok()) return session.Print(session.json ? ReportJson(*report, o) : ReportText(*report, o));
  if (!watcher.marked()) return FailLocally(session, report.status());
  return FailLocally(
      session, absl::Status(report.status().code(), absl::StrCat(report.status().message(), "; ", kGoOn)));
}

int Abandon(Session& session, const Options& o) {
  const absl::StatusOr<OpenedStorage> from = OpenSource(o.from);
  if (!from.ok()) return FailLocally(session, from.status());
  const absl::Status done = AbandonMigration(*from->storage, o.even_complete, SystemRandom());
  if (!done.ok()) return FailLocally(session, done);
  JsonObject json;
  return session.Print(session.json ? json.Set("from", NameOf(o.from)).Set("abandoned", true).Line()
                                    : absl::StrCat("given up: servers may use ", NameOf(o.from), " again\n"));
}

}  // namespace

void AddMigrateCommand(CLI::App& admin, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* migrate = AddCommand(admin, "migrate", "Migrate a store with all its records to another storage",
                                 "twofold admin migrate --from sqlite:old.db --to sqlite:new.db");
  migrate->add_option("--from", options->from, "Storage URI of the source")
      ->envname("TWOFOLD_MIGRATE_FROM")
      ->type_name("URI")
      ->required();
  CLI::Option* to = migrate->add_option("--to", options->to, "Storage URI of the target")
                        ->envname("TWOFOLD_MIGRATE_TO")
                        ->type_name("URI");
  migrate->add_flag("--overwrite", options->overwrite, "Remove what the target holds");
  CLI::Option* abandon = migrate->add_flag(
      "--abandon", options->abandon, "Give up an interrupted migration: servers may use the source again");
  migrate
      ->add_flag("--even-complete", options->even_complete,
                 "With --abandon: also when the migration was complete. Codes used since are accepted again")
      ->needs(abandon);
  migrate->callback([options, to, &session] {
    if (!options->abandon && to->empty()) throw CLI::RequiredError("--to");
    session.action = [options, &session] {
      return options->abandon ? Abandon(session, *options) : Migrate(session, *options);
    };
  });
}

}  // namespace twofold
