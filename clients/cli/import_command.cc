#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/import_file.h"
#include "clients/cli/import_report.h"
#include "clients/formats/formats.h"

namespace twofold {
namespace {

constexpr size_t kBatch = 1000;
// The server works on several streams at the same time.
constexpr size_t kBatchesAtOnce = 4;
// A stream of a thousand methods takes longer than a call.
constexpr absl::Duration kLeastTimeout = absl::Seconds(60);

using BatchResult = Result<v1::ImportMethodsResponse>;

// Entries that were sent together, and their answer to come.
struct Batch {
  Batch(size_t begin_in, size_t end_in, std::future<BatchResult> result_in)
      : begin(begin_in), end(end_in), result(std::move(result_in)) {}

  size_t begin;
  size_t end;
  std::future<BatchResult> result;
};

Batch Send(Session& session, std::vector<PortableEntry>& entries, size_t begin, bool dry_run) {
  const size_t end = std::min(entries.size(), begin + kBatch);
  std::vector<v1::PortableMethod> methods;
  methods.reserve(end - begin);
  for (size_t i = begin; i < end; ++i) {
    // The report needs the user alone.
    v1::PortableMethod& method = entries[i].method;
    const std::string user = method.user_id();
    methods.push_back(std::move(method));
    method = v1::PortableMethod();
    method.set_user_id(user);
  }
  TwofoldClient& client = session.Client();
  const absl::Duration timeout = std::max(session.timeout, kLeastTimeout);
  auto call = [&client, dry_run, timeout, methods = std::move(methods)]() mutable {
    return client.ImportMethods(std::move(methods), dry_run, timeout);
  };
  return Batch(begin, end, std::async(std::launch::async, std::move(call)));
}

CallError WrongAnswer() {
  CallError error;
  error.code = grpc::StatusCode::INTERNAL;
  error.message = "the server's answer does not have a result for each method";
  return error;
}

// Sends the entries of a file and reports the answers in the order of the file.
class Importer {
 public:
  Importer(Session& session, std::vector<PortableEntry> entries, bool dry_run, ImportReport& report)
      : session_(session), entries_(std::move(entries)), dry_run_(dry_run), report_(report) {}

  // Returns the exit code. Sends nothing more after an error.
  int Run() {
    while (HasMore()) {
      while (error_ == nullptr && sent_ < entries_.size() && under_way_.size() < kBatchesAtOnce) {
        under_way_.push_back(Send(session_, entries_, sent_, dry_run_));
        sent_ = under_way_.back().end;
      }
      AwaitOldest();
      report_.Progress(static_cast<int64_t>(answered_), static_cast<int64_t>(entries_.size()));
    }
    return report_.Finish(error_.get(), static_cast<int64_t>(entries_.size() - answered_));
  }

 private:
  bool HasMore() const { return !under_way_.empty() || (error_ == nullptr && sent_ < entries_.size()); }

  void AwaitOldest() {
    const size_t begin = under_way_.front().begin;
    const size_t end = under_way_.front().end;
    const BatchResult result = under_way_.front().result.get();
    under_way_.pop_front();
    if (!result.ok()) return Fail(result.error());
    const v1::ImportMethodsResponse& response = *result;
    if (static_cast<size_t>(response.results_size()) != end - begin) return Fail(WrongAnswer());
    for (int i = 0; i < response.results_size(); ++i)
      report_.Result(entries_[begin + static_cast<size_t>(i)], response.results(i));
    answered_ += end - begin;
  }

  // The first error explains the others.
  void Fail(const CallError& error) {
    if (error_ == nullptr) error_ = std::make_unique<CallError>(error);
  }

  Session& session_;
  std::vector<PortableEntry> entries_;
  const bool dry_run_;
  ImportReport& report_;
  std::deque<Batch> under_way_;
  std::unique_ptr<CallError> error_;
  size_t sent_ = 0;
  size_t answered_ = 0;
};

int Import(Session& session, const ImportArguments& arguments) {
  absl::StatusOr<ImportSource> source = ReadImportSource(session, arguments);
  if (!source.ok()) return FailLocally(session, source.status());
  PortableFile& file = source->file;
  ImportReport report(session, source->format, source->unit, arguments.dry_run, arguments.verbose);
  report.Read(file.entries.size() + file.errors.size(), file.entries.size());
  for (const EntryError& error : file.errors) report.LeftOut(error);
  for (const std::string& note : file.notes) report.Note(note);
  return Importer(session, std::move(file.entries), arguments.dry_run, report).Run();
}

std::string FormatHelp() {
  std::string help = "auto, or one of:";
  for (const ImportFormat& format : ImportFormats())
    absl::StrAppend(&help, "\n  ", format.name, ": ", format.description);
  return absl::StrCat(help, "\n  ", kSealedFormat, ": What twofold exports");
}

void AddDefaults(CLI::App& command, ImportArguments& arguments) {
  command.add_option("--default-digits", arguments.default_digits, "Digits of entries that do not say them")
      ->check(CLI::Range(6, 8));
  command
      .add_option("--default-period", arguments.default_period,
                  "Period in seconds of entries that do not say it")
      ->check(CLI::Range(15, 300));
  command.add_option("--default-counter", arguments.default_counter, "Counter of entries that do not say it")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--default-algorithm", arguments.default_algorithm,
                  "Hash of entries that do not say it: SHA1, SHA256, SHA512, or by-length of the secret")
      ->type_name("HASH");
  command.add_flag("--include-expired", arguments.include_expired,
                   "Also take keys whose expiry date has passed or cannot be read");
}

}  // namespace

void AddImportCommand(CLI::App& admin, Session& session) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* import = AddCommand(admin, "import", "Import methods that another system made",
                                "twofold admin import tokens.csv --user-map users.csv --dry-run");
  import->add_option("FILE", arguments->file, "What to import. - is standard input")->required();
  import->add_option("--format", arguments->format, FormatHelp())->type_name("FORMAT")->capture_default_str();
  import->add_flag("--dry-run", arguments->dry_run, "Let the server check everything and store nothing");
  import
      ->add_option(
          "--user-map", arguments->user_map,
          "CSV that says who gets an entry: serial, account or entry, then user, tenant, description")
      ->type_name("FILE");
  AddDefaults(*import, *arguments);
  import
      ->add_option("--key-file", arguments->key_file,
                   "Key of an encrypted PSKC file in hexadecimal, or private key of a sealed file in PEM")
      ->type_name("FILE");
  import->add_option("--password-file", arguments->password_file, "Password of an encrypted file")
      ->type_name("FILE");
  import->add_option("--iv", arguments->iv, "Initialization vector of a PSKC file that leaves it out")
      ->type_name("HEX");
  import->add_option("--issuer", arguments->issuer, "Issuer of entries that name none");
  import->add_flag("--verbose", arguments->verbose, "Also print what is imported");
  import->callback([arguments, &session] {
    session.action = [arguments, &session] { return Import(session, *arguments); };
  });
}

}  // namespace twofold
