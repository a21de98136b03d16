#include "server/access/policy.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "common/unicode.h"
#include "server/access/return_url.h"

namespace twofold {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxPolicyBytes = size_t{1} << 20;
constexpr int kMaxDepth = 8;
// Of the name of a caller or a tenant.
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxIdentityBytes = 2048;
constexpr absl::string_view kEveryTenant = "*";

absl::Status Fault(absl::string_view where, absl::string_view what) {
  return absl::InvalidArgumentError(where.empty() ? std::string(what) : absl::StrCat(where, ": ", what));
}

std::string Quote(absl::string_view text) { return absl::StrCat("\"", absl::CHexEscape(text), "\""); }

bool IsName(absl::string_view text) { return text.size() <= kMaxNameBytes && NameFault(text).empty(); }

// Parses strict JSON in which no object has a key twice.
absl::StatusOr<Json> ParseJson(absl::string_view text) {
  std::vector<std::set<std::string>> keys;
  std::string twice;
  bool too_deep = false;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    too_deep = too_deep || depth > kMaxDepth;
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  Json json;
  try {
    json = Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception& error) {
    // The library's own prefix, "[json.exception.parse_error.101] ", tells an operator nothing.
    const absl::string_view what = error.what();
    return Fault("", absl::StrCat("it is not JSON: ", absl::CHexEscape(what.substr(what.find("] ") + 2))));
  }
  if (too_deep) return Fault("", "it is nested too deeply");
  if (!twice.empty()) return Fault("", absl::StrCat("an object has the key ", Quote(twice), " twice"));
  return json;
}

// Reads the fields of one entry and keeps the first fault.
class EntryReader {
 public:
  EntryReader(const Json& entry, std::string where) : entry_(entry), where_(std::move(where)) {}

  absl::StatusOr<Caller> Read() {
    if (!entry_.is_object()) return Fault(where_, "an entry is an object");
    Caller caller;
    TWOFOLD_RETURN_IF_ERROR(CheckKeys());
    TWOFOLD_RETURN_IF_ERROR(ReadName(caller));
    TWOFOLD_ASSIGN_OR_RETURN(caller.identities, Texts("identities"));
    for (const std::string& identity : caller.identities) TWOFOLD_RETURN_IF_ERROR(CheckIdentity(identity));
    TWOFOLD_ASSIGN_OR_RETURN(const std::vector<std::string> roles, Texts("roles"));
    for (const std::string& name : roles) TWOFOLD_RETURN_IF_ERROR(AddRole(name, caller));
    TWOFOLD_ASSIGN_OR_RETURN(const std::vector<std::string> tenants, Texts("tenants"));
    for (const std::string& tenant : tenants) TWOFOLD_RETURN_IF_ERROR(AddTenant(tenant, caller));
    if (!entry_.contains("return_urls")) return caller;
    TWOFOLD_ASSIGN_OR_RETURN(caller.return_urls, Texts("return_urls"));
    for (const std::string& url : caller.return_urls) TWOFOLD_RETURN_IF_ERROR(CheckReturnUrlEntry(url));
    return caller;
  }

 private:
  absl::Status CheckKeys() const {
    for (const auto& item : entry_.items()) {
      if (item.key() != "name" && item.key() != "identities" && item.key() != "roles" &&
          item.key() != "tenants" && item.key() != "return_urls") {
        return Fault(where_, absl::StrCat("there is no key ", Quote(item.key()),
                                          "; the keys are name, identities, roles, tenants and return_urls"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadName(Caller& caller) {
    const auto name = entry_.find("name");
    if (name == entry_.end() || !name->is_string()) return Fault(where_, "\"name\" must be a text");
    caller.name = name->get<std::string>();
    where_ = absl::StrCat("caller ", Quote(caller.name));
    if (caller.name.empty() || !IsName(caller.name)) {
      return Fault(where_, absl::StrCat("a name is 1 to ", kMaxNameBytes,
                                        " bytes of UTF-8 without control characters"));
    }
    return absl::OkStatus();
  }

  // The texts of a list that must not be empty.
  absl::StatusOr<std::vector<std::string>> Texts(const char* key) const {
    const auto list = entry_.find(key);
    std::vector<std::string> texts;
    if (list != entry_.end() && list->is_array()) {
      for (const Json& text : *list) {
        if (text.is_string()) texts.push_back(text.get<std::string>());
      }
      if (!texts.empty() && texts.size() == list->size()) return texts;
    }
    return Fault(where_, absl::StrCat("\"", key, "\" must be a list with at least one text"));
  }

  absl::Status CheckIdentity(const std::string& identity) const {
    const size_t colon = identity.find(':');
    const absl::string_view type = absl::string_view(identity).substr(0, colon);
    const bool known = type == "uri" || type == "dns" || type == "email";
    if (colon == std::string::npos || !known || colon + 1 == identity.size()) {
      return Fault(where_, absl::StrCat(Quote(identity), " is no identity, which starts with uri:, dns: or ",
                                        "email:, such as uri:spiffe://example.org/web"));
    }
    if (identity.size() > kMaxIdentityBytes) return Fault(where_, "an identity is too long");
    if (absl::StrContains(identity, '*')) {
      return Fault(where_, absl::StrCat(Quote(identity), " has a *, but identities are compared exactly"));
    }
    return absl::OkStatus();
  }

  absl::Status AddRole(const std::string& name, Caller& caller) const {
    const std::optional<Role> role = RoleNamed(name);
    if (!role.has_value()) {
      const auto append_name = [](std::string* out, Role one) { absl::StrAppend(out, RoleName(one)); };
      return Fault(where_, absl::StrCat("there is no role ", Quote(name), "; the roles are ",
                                        absl::StrJoin(kAllRoles, ", ", append_name)));
    }
    caller.roles.Add(*role);
    return absl::OkStatus();
  }

  absl::Status AddTenant(const std::string& tenant, Caller& caller) const {
    if (tenant == kEveryTenant) {
      caller.all_tenants = true;
      return absl::OkStatus();
    }
    if (!IsName(tenant)) return Fault(where_, absl::StrCat(Quote(tenant), " is not the name of a tenant"));
    caller.tenants.insert(tenant);
    return absl::OkStatus();
  }

  absl::Status CheckReturnUrlEntry(const std::string& text) const {
    const absl::StatusOr<ReturnUrl> url = ParseReturnUrl(text);
    if (!url.ok())
      return Fault(where_, absl::StrCat("the return URL ", Quote(text), " ", url.status().message()));
    if (!absl::StrContains(text, '?')) return absl::OkStatus();
    return Fault(where_,
                 absl::StrCat("the return URL ", Quote(text), " has a query, but paths alone are compared"));
  }

  const Json& entry_;
  std::string where_;
};

}  // namespace

const Caller& AnyCaller() {
  static const auto* const caller = [] {
    auto* any = new Caller;
    any->roles = Roles::All();
    any->all_tenants = true;
    return any;
  }();
  return *caller;
}

Policy::Policy(std::vector<Caller> callers, std::string text)
    : callers_(std::move(callers)), text_(std::move(text)) {
  for (const Caller& caller : callers_) {
    for (const std::string& identity : caller.identities) by_identity_.emplace(identity, &caller);
  }
}

absl::StatusOr<std::unique_ptr<const Policy>> Policy::Parse(absl::string_view text) {
  TWOFOLD_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  if (!json.is_object()) return Fault("", "it must be an object with the key \"callers\"");
  for (const auto& item : json.items()) {
    if (item.key() != "callers") {
      return Fault("", absl::StrCat("there is no key ", Quote(item.key()), "; the only key is callers"));
    }
  }
  const auto list = json.find("callers");
  // A policy without callers would lock everybody out, which is hardly meant.
  if (list == json.end() || !list->is_array() || list->empty()) {
    return Fault("", "\"callers\" must be a list with at least one entry");
  }
  std::vector<Caller> callers;
  absl::flat_hash_map<std::string, std::string> owners;
  absl::flat_hash_set<std::string> names;
  for (const Json& entry : *list) {
    EntryReader reader(entry, absl::StrCat("entry ", callers.size() + 1));
    TWOFOLD_ASSIGN_OR_RETURN(Caller caller, reader.Read());
    if (!names.insert(caller.name).second) {
      return Fault("", absl::StrCat("two callers have the name ", Quote(caller.name)));
    }
    for (const std::string& identity : caller.identities) {
      const auto [owner, is_new] = owners.emplace(identity, caller.name);
      if (!is_new) {
        return Fault("", absl::StrCat("the identity ", Quote(identity), " occurs twice, in ",
                                      Quote(owner->second), " and ", Quote(caller.name)));
      }
    }
    callers.push_back(std::move(caller));
  }
  return std::unique_ptr<const Policy>(new Policy(std::move(callers), std::string(text)));
}

absl::StatusOr<std::unique_ptr<const Policy>> Policy::Load(const std::string& path) {
  std::string text;
  const absl::Status read = ReadTrustedFile(path, Secrecy::kPublic, kMaxPolicyBytes, text);
  if (!read.ok()) return absl::Status(read.code(), absl::StrCat(path, ": ", read.message()));
  absl::StatusOr<std::unique_ptr<const Policy>> policy = Parse(text);
  if (!policy.ok())
    return absl::Status(policy.status().code(), absl::StrCat(path, ": ", policy.status().message()));
  return policy;
}

const Caller* Policy::Find(absl::Span<const std::string> identities, Match match) const {
  const Caller* found = nullptr;
  for (const std::string& identity : identities) {
    const auto entry = by_identity_.find(identity);
    if (entry == by_identity_.end()) {
      if (match == Match::kEvery) return nullptr;
      continue;
    }
    if (found != nullptr && found != entry->second) return nullptr;
    found = entry->second;
  }
  return found;
}

}  // namespace twofold
