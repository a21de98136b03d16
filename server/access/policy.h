#ifndef TWOFOLD_SERVER_ACCESS_POLICY_H_
#define TWOFOLD_SERVER_ACCESS_POLICY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/access/role.h"

// Who may call this server. A policy file is a JSON object:
//
//   {"callers": [{"name": "web",
//                 "identities": ["uri:spiffe://example.org/web"],
//                 "roles": ["verify", "manage"],
//                 "tenants": ["*"]}]}
//
// An identity is a subject alternative name of a client certificate (RFC 5280 section 4.2.1.6) with
// its type in front: uri:, dns: or email:. Identities are compared byte by byte. A tenant is the
// name of one tenant, "" for the default tenant, or "*" for every tenant. A caller without an entry
// may do nothing. A caller that creates prompts also has "return_urls".

namespace twofold {

// An entry of a policy.
struct Caller {
  // Names the caller in audit events and in the log.
  std::string name;
  std::vector<std::string> identities;
  Roles roles{};
  bool all_tenants = false;
  absl::flat_hash_set<std::string> tenants;
  // Where browsers may go from the caller's prompts (server/access/return_url.h).
  std::vector<std::string> return_urls;

  bool MayUse(absl::string_view tenant) const { return all_tenants || tenants.contains(tenant); }
};

// The caller for which a server without a policy takes everybody. It has no name.
const Caller& AnyCaller();

// Immutable and thread-safe.
class Policy {
 public:
  // Parses a policy file. INVALID_ARGUMENT is one line that says where the fault is: text that is
  // not JSON, a key or a role that does not exist, an entry without name, identities, roles or
  // tenants, and a name or an identity that occurs twice.
  static absl::StatusOr<std::unique_ptr<const Policy>> Parse(absl::string_view json);

  // Reads the policy file at `path`, which strangers must not be able to change. Messages name the
  // path. Blocks.
  static absl::StatusOr<std::unique_ptr<const Policy>> Load(const std::string& path);

  // Which of several identities must belong to a caller.
  enum class Match {
    // One of them. The authority that issued the certificate has checked each.
    kAny,
    // Every one. A proxy wrote them into one text, in which a name may look like several.
    kEvery,
  };

  // Returns the caller with `identities`. Returns null if there is none, or if they belong to several
  // entries.
  const Caller* Find(absl::Span<const std::string> identities, Match match = Match::kAny) const;

  const std::vector<Caller>& callers() const { return callers_; }
  // What was parsed.
  const std::string& text() const { return text_; }

 private:
  Policy(std::vector<Caller> callers, std::string text);

  const std::vector<Caller> callers_;
  const std::string text_;
  absl::flat_hash_map<std::string, const Caller*> by_identity_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ACCESS_POLICY_H_
