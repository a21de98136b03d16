#include "server/access/access_control.h"

#include <utility>

#include "common/status_macros.h"
#include "server/errors.h"

namespace twofold {

const Caller& Authorization::Nobody() {
  static const auto* const nobody = new Caller;
  return *nobody;
}

absl::Status Authorization::CheckTenant(absl::string_view tenant) const {
  return MayUse(tenant) ? absl::OkStatus() : CallerNotAllowedError();
}

absl::Status Authorization::CheckRoles(Roles needed) const {
  return caller_->roles.ContainsAnyOf(needed) ? absl::OkStatus() : CallerNotAllowedError();
}

absl::StatusOr<Authorization> AccessControl::Identify(std::vector<std::string> identities,
                                                      Policy::Match match) const {
  Authorization authorization;
  authorization.policy_ = policy_.Get();
  if (authorization.policy_ == nullptr) {
    authorization.caller_ = &AnyCaller();
    return authorization;
  }
  const Caller* const caller = authorization.policy_->Find(identities, match);
  if (caller == nullptr) return CallerUnknownError();
  authorization.caller_ = caller;
  authorization.identities_ = std::move(identities);
  authorization.match_ = match;
  return authorization;
}

absl::Status AccessControl::CheckTenant(const Authorization& authorization, Roles needed,
                                        absl::string_view tenant) const {
  TWOFOLD_RETURN_IF_ERROR(CheckStill(authorization, needed, tenant));
  // With the same policy nothing was decided about the tenant.
  return policy_.Get() == authorization.policy_ ? authorization.CheckTenant(tenant) : absl::OkStatus();
}

bool AccessControl::MayUseAllTenants(const Authorization& authorization, Roles needed) const {
  const absl::StatusOr<Authorization> now = Identify(authorization.identities_, authorization.match_);
  return now.ok() && now->CheckRoles(needed).ok() && now->caller_->all_tenants;
}

absl::Status AccessControl::CheckStill(const Authorization& authorization, Roles needed,
                                       absl::optional<absl::string_view> tenant) const {
  if (policy_.Get() == authorization.policy_) return absl::OkStatus();
  TWOFOLD_ASSIGN_OR_RETURN(const Authorization now,
                           Identify(authorization.identities_, authorization.match_));
  TWOFOLD_RETURN_IF_ERROR(now.CheckRoles(needed));
  return tenant.has_value() ? now.CheckTenant(*tenant) : absl::OkStatus();
}

}  // namespace twofold
