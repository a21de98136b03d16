#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/text.h"

namespace twofold {
namespace {

struct Options {
  std::string user;
  std::string grant_id;
};

std::string GrantsText(const v1::ListMethodsResponse& response) {
  if (response.grants().empty()) return "No remembered devices.\n";
  std::vector<std::vector<std::string>> rows = {
      {"GRANT ID", "CALLER", "LAST USED", "EXPIRES", "DESCRIPTION"}};
  for (const v1::Grant& grant : response.grants()) {
    rows.push_back({EscapeControls(grant.grant_id()), EscapeControls(grant.caller()),
                    grant.has_last_used_time() ? IsoTime(grant.last_used_time()) : "never",
                    IsoTime(grant.expire_time()), EscapeControls(grant.description())});
  }
  return AlignColumns(rows);
}

int List(Session& session, const Options& o) {
  return session.Report(session.Client().ListMethods(session.NewRequest<v1::ListMethodsRequest>(o.user)),
                        GrantsText);
}

int Revoke(Session& session, const Options& o) {
  auto request = session.NewRequest<v1::RevokeGrantsRequest>(o.user);
  request.set_grant_id(o.grant_id);
  return session.Report(session.Client().RevokeGrants(std::move(request)),
                        [](const v1::RevokeGrantsResponse& response) {
                          return absl::StrCat("devices forgotten: ", response.revoked_count(), "\n");
                        });
}

}  // namespace

void AddGrantCommands(CLI::App& app, Session& session) {
  auto list = std::make_shared<Options>();
  CLI::App* grants =
      AddCommand(app, "grants", "List the devices on which a user is remembered", "twofold grants ann");
  grants->add_option("USER", list->user, "User id")->required();
  grants->callback([list, &session] { session.action = [list, &session] { return List(session, *list); }; });

  auto end = std::make_shared<Options>();
  CLI::App* revoke = AddCommand(app, "revoke-grants", "Forget all remembered devices of a user, or one",
                                "twofold revoke-grants ann");
  revoke->add_option("USER", end->user, "User id")->required();
  revoke->add_option("GRANT_ID", end->grant_id, "Forget this one only");
  revoke->callback([end, &session] { session.action = [end, &session] { return Revoke(session, *end); }; });
}

}  // namespace twofold
