#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/local_output.h"
#include "common/trusted_file.h"
#include "crypto/certificate.h"
#include "server/access/policy.h"
#include "server/rpc/method_table.h"

namespace twofold {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> identities;
  std::string certificate;
};

using Texts = std::vector<std::string>;

Texts RolesOf(const Caller& caller) {
  Texts names;
  for (const Role role : kAllRoles) {
    if (caller.roles.Contains(role)) names.emplace_back(RoleName(role));
  }
  return names;
}

// As the policy writes them, in order.
Texts TenantsOf(const Caller& caller) {
  if (caller.all_tenants) return {"*"};
  Texts tenants(caller.tenants.begin(), caller.tenants.end());
  std::sort(tenants.begin(), tenants.end());
  return tenants;
}

Texts CallsOf(const Caller& caller) {
  Texts names;
  for (const Method& method : MethodTable()) {
    if (caller.roles.ContainsAnyOf(method.roles)) names.emplace_back(method.name);
  }
  return names;
}

std::string Describe(const Caller& caller) {
  const auto shown = [](std::string* out, const std::string& tenant) {
    absl::StrAppend(out, tenant == "*" ? "every tenant" : tenant.empty() ? "the default tenant" : tenant);
  };
  const Texts calls = CallsOf(caller);
  return absl::StrCat(caller.name, "\n  identities: ", absl::StrJoin(caller.identities, ", "),
                      "\n  roles:      ", absl::StrJoin(RolesOf(caller), ", "),
                      "\n  tenants:    ", absl::StrJoin(TenantsOf(caller), ", ", shown), "\n  may call:   ",
                      calls.empty() ? "nothing in this release" : absl::StrJoin(calls, ", "), "\n");
}

JsonObject ToJson(const Caller& caller) {
  JsonObject json;
  json.Set("name", caller.name).Set("identities", caller.identities).Set("roles", RolesOf(caller));
  json.Set("tenants", TenantsOf(caller)).Set("mayCall", CallsOf(caller));
  return json;
}

absl::StatusOr<std::vector<std::string>> IdentitiesOf(const std::string& path) {
  constexpr size_t kMaxPemBytes = size_t{1} << 20;
  std::string pem;
  const absl::Status read = ReadTrustedFile(path, Secrecy::kPublic, kMaxPemBytes, pem);
  const absl::StatusOr<Certificate> certificate =
      read.ok() ? ReadCertificate(pem) : absl::StatusOr<Certificate>(read);
  if (certificate.ok()) return certificate->identities;
  return absl::Status(certificate.status().code(), absl::StrCat(path, ": ", certificate.status().message()));
}

// What the policy says of one caller.
int Explain(Session& session, const Policy& policy, const std::vector<std::string>& identities) {
  const Caller* const caller = policy.Find(identities);
  if (caller != nullptr) return session.Print(session.json ? ToJson(*caller).Line() : Describe(*caller));
  const std::string who =
      identities.empty() ? "a caller without an identity" : absl::StrJoin(identities, ", ");
  return FailLocally(session, absl::NotFoundError(absl::StrCat(
                                  who,
                                  " may call nothing: the policy has no caller with this identity, or "
                                  "several callers have a part of it")));
}

int Check(Session& session, const Options& o) {
  const absl::StatusOr<std::unique_ptr<const Policy>> policy = Policy::Load(o.file);
  // A wrong policy is no wrong command line.
  if (!policy.ok()) return FailLocally(session, absl::FailedPreconditionError(policy.status().message()));
  std::vector<std::string> identities = o.identities;
  if (!o.certificate.empty()) {
    absl::StatusOr<std::vector<std::string>> presented = IdentitiesOf(o.certificate);
    if (!presented.ok()) return FailLocally(session, presented.status());
    identities = *std::move(presented);
  }
  if (!identities.empty() || !o.certificate.empty()) return Explain(session, **policy, identities);
  if (session.json) {
    JsonObject json;
    return session.Print(json.Set("callers", static_cast<int64_t>((*policy)->callers().size())).Line());
  }
  std::string text;
  for (const Caller& caller : (*policy)->callers()) text += Describe(caller);
  return session.Print(
      absl::StrCat(text, "The policy is valid. Callers: ", (*policy)->callers().size(), "\n"));
}

}  // namespace

void AddPolicyCommands(CLI::App& admin, Session& session) {
  CLI::App* group =
      AddCommand(admin, "policy", "The file that says who may call", "twofold admin policy --help");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* check = AddCommand(*group, "check", "Check a policy file, and explain what its callers may do",
                               "twofold admin policy check /etc/twofold/policy.json");
  check->add_option("FILE", options->file, "The file that --authz_policy names")->required();
  CLI::Option* const identity =
      check->add_option("--identity", options->identities,
                        "Explain only the caller with this identity, such as uri:spiffe://example.org/web");
  check
      ->add_option("--certificate", options->certificate,
                   "Explain only the caller with this certificate (PEM)")
      ->type_name("FILE")
      ->excludes(identity);
  check->callback(
      [options, &session] { session.action = [options, &session] { return Check(session, *options); }; });
}

}  // namespace twofold
