#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/key_use.h"
#include "clients/cli/local_output.h"

namespace twofold {
namespace {

std::string Text(const v1::RewrapSecretsRequest& request, const v1::RewrapSecretsResponse& response) {
  std::string text;
  if (!request.dry_run()) absl::StrAppend(&text, "secrets sealed again: ", response.rewrapped_count(), "\n");
  for (const v1::KeyUse& key : response.keys()) {
    absl::StrAppend(&text, "key ", key.key_id(), ": ", key.secret_count(), " secrets",
                    key.is_primary() ? ", primary" : "",
                    key.in_key_ring() ? "" : ", missing in the server's key ring", "\n");
  }
  if (response.unreadable_count() > 0) {
    absl::StrAppend(&text, "unreadable, left as they are: ", response.unreadable_count(), "\n");
  }
  return text;
}

int RewrapAll(Session& session, bool dry_run) {
  v1::RewrapSecretsRequest request;
  request.set_dry_run(dry_run);
  const Result<v1::RewrapSecretsResponse> result =
      RunRewrap(session, request, dry_run ? "counting" : "sealing again");
  return session.Report(
      result, [&request](const v1::RewrapSecretsResponse& response) { return Text(request, response); });
}

}  // namespace

Result<v1::RewrapSecretsResponse> RunRewrap(Session& session, const v1::RewrapSecretsRequest& request,
                                            const std::string& label) {
  ProgressBar bar(session);
  return session.Client().RewrapSecrets(request, [&bar, &label](const v1::RewrapSecretsResponse& so_far) {
    bar.Show(label, so_far.subjects_done(), so_far.subjects_total(), "users");
  });
}

const v1::KeyUse* FindPrimary(const v1::RewrapSecretsResponse& response) {
  for (const v1::KeyUse& key : response.keys()) {
    if (key.is_primary()) return &key;
  }
  return nullptr;
}

int64_t SecretCount(const v1::RewrapSecretsResponse& response, uint32_t key_id) {
  for (const v1::KeyUse& key : response.keys()) {
    if (key.key_id() == key_id) return key.secret_count();
  }
  return 0;
}

void AddRewrapCommand(CLI::App& admin, Session& session) {
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* rewrap = AddCommand(admin, "rewrap", "Seal again under the primary key what older keys sealed",
                                "twofold admin rewrap");
  rewrap->add_flag("--dry-run", *dry_run, "Only count the secrets of each key");
  rewrap->callback(
      [dry_run, &session] { session.action = [dry_run, &session] { return RewrapAll(session, *dry_run); }; });
}

}  // namespace twofold
