#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/key_use.h"
#include "clients/cli/local_output.h"
#include "common/clock.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "server/builtins.h"

namespace twofold {
namespace {

struct Options {
  // A path, or the URI that servers have as --keyring.
  std::string ring;
  uint32_t key_id = 0;
  int64_t lost_secrets = 0;
};

std::unique_ptr<KeySource> OpenSource(const std::string& ring) {
  const std::string uri = ParseBackendUri(ring).ok() ? ring : absl::StrCat("file:", ring);
  absl::StatusOr<std::unique_ptr<KeySource>> source = BuiltinKeySources().Open(uri);
  if (!source.ok()) throw CLI::ValidationError("FILE", std::string(source.status().message()));
  return *std::move(source);
}

// The URI for servers, with an absolute path if it is a file.
std::string ServerUri(const Options& o, const KeySource& source) {
  if (source.wrapper() != nullptr) return o.ring;
  std::error_code error;
  return absl::StrCat("file:", std::filesystem::absolute(source.file(), error).string());
}

// A command for the next step, with the ring as it was named.
std::string NextCommand(absl::string_view verb, const Options& o, uint32_t key_id) {
  const std::string quote = o.ring.find_first_of("&?") == std::string::npos ? "" : "'";
  return absl::StrCat("twofold admin keyring ", verb, " ", quote, o.ring, quote, " --key ", key_id);
}

int New(Session& session, const Options& o) {
  const std::unique_ptr<KeySource> source = OpenSource(o.ring);
  // A server without a key ring names a file in a data directory that it has not made either. If
  // the folder cannot be made, creating the file reports why.
  const std::string folder = std::filesystem::path(source->file()).parent_path().string();
  constexpr mode_t kOwnerOnly = 0700;
  if (!folder.empty()) mkdir(folder.c_str(), kOwnerOnly);
  const absl::Status made =
      CreateKeyRingFile(source->file(), SystemRandom(), SystemClock(), source->wrapper());
  if (!made.ok()) return FailLocally(session, made);
  const std::string uri = ServerUri(o, *source);
  JsonObject json;
  if (session.json) return session.Print(json.Set("keyring", uri).Line());
  return session.Print(
      absl::StrCat("Made the key ring ", source->file(),
                   ", readable by you alone.\nName it to every server of one storage: --keyring=", uri,
                   "\nKeep a copy apart from the database: without the key ring no code of any user can be "
                   "checked again, and "
                   "everybody who has both has all secrets.\n"));
}

int List(Session& session, const Options& o) {
  const absl::StatusOr<std::vector<ListedKey>> keys = ListKeyRingFile(OpenSource(o.ring)->file());
  if (!keys.ok()) return FailLocally(session, keys.status());
  if (session.json) {
    JsonArray array;
    for (const ListedKey& key : *keys) {
      array.Add(JsonObject()
                    .Set("keyId", int64_t{key.id})
                    .Set("createTime", key.create_time)
                    .Set("isPrimary", key.is_primary)
                    .Set("isWrapped", key.is_wrapped));
    }
    return session.Print(JsonObject().Set("keys", array).Line());
  }
  std::string text;
  for (const ListedKey& key : *keys) {
    absl::StrAppend(&text, "key ", key.id, "  ", key.create_time.empty() ? "unknown" : key.create_time,
                    key.is_primary ? "  primary" : "", key.is_wrapped ? "  wrapped" : "", "\n");
  }
  return session.Print(text);
}

int Rotate(Session& session, const Options& o) {
  const std::unique_ptr<KeySource> source = OpenSource(o.ring);
  const absl::StatusOr<uint32_t> added =
      AddKeyToFile(source->file(), SystemRandom(), SystemClock(), source->wrapper());
  if (!added.ok()) return FailLocally(session, added.status());
  if (session.json) return session.Print(JsonObject().Set("keyId", int64_t{*added}).Line());
  return session.Print(absl::StrCat(
      "Added key ", *added, " to ", source->file(),
      ". It is not primary, so nothing is sealed under it yet.\n"
      "Next, bring this file to every server. Each server logs that it reloaded the key ring and added ",
      *added, ".\nThen run: ", NextCommand("promote", o, *added), "\n"));
}

int Promote(Session& session, const Options& o) {
  const std::string file = OpenSource(o.ring)->file();
  const absl::StatusOr<std::vector<ListedKey>> keys = ListKeyRingFile(file);
  if (!keys.ok()) return FailLocally(session, keys.status());
  const uint32_t key_id = o.key_id != 0 || keys->empty() ? o.key_id : keys->back().id;
  const absl::Status promoted = PromoteKeyInFile(file, key_id);
  if (!promoted.ok()) return FailLocally(session, promoted);
  if (session.json) return session.Print(JsonObject().Set("primaryKeyId", int64_t{key_id}).Line());
  std::string text =
      absl::StrCat("Key ", key_id, " is the primary key of ", file,
                   ".\nNext, bring this file to every server. Each server logs that it reloaded the key ring "
                   "with primary key ",
                   key_id, ".\nThen run: twofold admin rewrap\n");
  for (const ListedKey& key : *keys) {
    if (key.id != key_id) absl::StrAppend(&text, "Then run: ", NextCommand("retire", o, key.id), "\n");
  }
  return session.Print(text);
}

// Why a key must not be retired, or nothing. `use` is what a server says of the keys, and `primary`
// is the primary key of the file.
std::optional<std::string> StillNeeded(const Options& o, const v1::RewrapSecretsResponse& use,
                                       uint32_t primary) {
  const v1::KeyUse* const server_primary = FindPrimary(use);
  if (server_primary == nullptr || server_primary->key_id() != primary) {
    return absl::StrCat("the server seals under key ",
                        server_primary == nullptr ? 0 : server_primary->key_id(), ", and key ", primary,
                        " is primary in the file. Bring the file to every server first");
  }
  const int64_t needed = SecretCount(use, o.key_id) + use.unreadable_count();
  if (needed == o.lost_secrets) return std::nullopt;
  std::string why = absl::StrCat(SecretCount(use, o.key_id), " secrets are sealed under key ", o.key_id);
  if (use.unreadable_count() > 0) {
    absl::StrAppend(&why, ", and what ", use.unreadable_count(), " unreadable records need is not known");
  }
  absl::StrAppend(&why,
                  ". Run twofold admin rewrap. A minute after every server has the new primary key, nothing "
                  "is left that can be opened. If what is left may be lost, add --lose-secrets ",
                  needed);
  return why;
}

int Retire(Session& session, const Options& o) {
  const std::string file = OpenSource(o.ring)->file();
  const absl::StatusOr<std::vector<ListedKey>> keys = ListKeyRingFile(file);
  if (!keys.ok()) return FailLocally(session, keys.status());
  uint32_t primary = 0;
  bool is_there = false;
  for (const ListedKey& key : *keys) {
    if (key.is_primary) primary = key.id;
    is_there = is_there || key.id == o.key_id;
  }
  // Otherwise the server would be asked in vain.
  if (!is_there || primary == o.key_id) return FailLocally(session, RemoveKeyFromFile(file, o.key_id));
  v1::RewrapSecretsRequest request;
  request.set_dry_run(true);
  const Result<v1::RewrapSecretsResponse> use = RunRewrap(session, request, "counting");
  if (!use.ok()) return session.Fail(use.error());
  if (const std::optional<std::string> why = StillNeeded(o, *use, primary); why.has_value()) {
    return FailLocally(
        session, absl::FailedPreconditionError(absl::StrCat("key ", o.key_id, " cannot be retired: ", *why)));
  }
  const absl::Status removed = RemoveKeyFromFile(file, o.key_id);
  if (!removed.ok()) return FailLocally(session, removed);
  if (session.json) return session.Print(JsonObject().Set("removedKeyId", int64_t{o.key_id}).Line());
  return session.Print(absl::StrCat(
      "Removed key ", o.key_id, " from ", file,
      ".\nNext, bring this file to every server.\nA backup of the storage may still need the key. Keep a "
      "copy of the old file for as long as you keep such a backup.\n"));
}

}  // namespace

void AddKeyRingCommands(CLI::App& admin, Session& session) {
  CLI::App* group =
      AddCommand(admin, "keyring", "The keys that seal secrets", "twofold admin keyring --help");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [group, options, &session](const char* name, const char* description, const char* example,
                                              int (*run)(Session&, const Options&)) {
    CLI::App* command = AddCommand(*group, name, description, example);
    command->add_option("FILE", options->ring, "The file, or the URI that servers have as --keyring")
        ->required();
    command->callback([options, &session, run] {
      session.action = [options, &session, run] { return run(session, *options); };
    });
    return command;
  };
  add("new", "Make a key ring with one new key", "twofold admin keyring new /etc/twofold/keyring.json", &New);
  add("list", "List the keys, without what they are", "twofold admin keyring list /etc/twofold/keyring.json",
      &List);
  add("rotate", "Add a new key that is not primary yet",
      "twofold admin keyring rotate /etc/twofold/keyring.json", &Rotate);
  add("promote", "Make a key the primary one, which seals",
      "twofold admin keyring promote /etc/twofold/keyring.json --key 2", &Promote)
      ->add_option("--key", options->key_id, "Id of the key (default: the newest)")
      ->type_name("ID");
  CLI::App* retire = add("retire", "Remove a key that nothing in the storage needs any more",
                         "twofold admin keyring retire /etc/twofold/keyring.json --key 1", &Retire);
  retire->add_option("--key", options->key_id, "Id of the key")->type_name("ID")->required();
  retire
      ->add_option("--lose-secrets", options->lost_secrets,
                   "Retire the key although exactly this many secrets need it and are lost")
      ->type_name("NUMBER");
}

}  // namespace twofold
