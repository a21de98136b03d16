#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/cli/commands.h"
#include "clients/cli/local_output.h"
#include "common/clock.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"

namespace twofold {
namespace {

int New(Session& session, absl::string_view file) {
  absl::ConsumePrefix(&file, "file:");
  if (file.empty()) throw CLI::ValidationError("FILE", "must not be empty");
  const std::string path(file);
  // A server without a key ring names a file in a data directory that it has not made either. If
  // the folder cannot be made, creating the file reports why.
  const std::string folder = std::filesystem::path(path).parent_path().string();
  constexpr mode_t kOwnerOnly = 0700;
  if (!folder.empty()) mkdir(folder.c_str(), kOwnerOnly);
  const absl::Status made = CreateKeyRingFile(path, SystemRandom(), SystemClock());
  if (!made.ok()) return FailLocally(session, made);
  std::error_code error;
  const std::string uri = absl::StrCat("file:", std::filesystem::absolute(path, error).string());
  JsonObject json;
  if (session.json) return session.Print(json.Set("keyring", uri).Line());
  return session.Print(
      absl::StrCat("Made the key ring ", path,
                   ", readable by you alone.\nName it to every server of one storage: --keyring=", uri,
                   "\nKeep a copy apart from the database: without the key ring no code of any user can be "
                   "checked again, and "
                   "everybody who has both has all secrets.\n"));
}

}  // namespace

void AddKeyRingCommands(CLI::App& admin, Session& session) {
  CLI::App* group =
      AddCommand(admin, "keyring", "The keys that seal secrets", "twofold admin keyring --help");
  group->require_subcommand(1);
  auto file = std::make_shared<std::string>();
  CLI::App* make = AddCommand(*group, "new", "Make a key ring with one new key",
                              "twofold admin keyring new /etc/twofold/keyring.json");
  make->add_option("FILE", *file, "A new file")->required();
  make->callback([file, &session] { session.action = [file, &session] { return New(session, *file); }; });
}

}  // namespace twofold
