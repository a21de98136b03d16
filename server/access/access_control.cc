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

absl::StatusOr<Authorization> AccessControl::Authorize(std::vector<std::string> identities,
                                                       Roles needed) const {
  Authorization authorization;
  authorization.policy_ = policy_.Get();
  if (authorization.policy_ == nullptr) {
    authorization.caller_ = &AnyCaller();
    return authorization;
  }
  const Caller* const caller = authorization.policy_->Find(identities);
  if (caller == nullptr) return CallerUnknownError();
  if (!caller->roles.ContainsAnyOf(needed)) return CallerNotAllowedError();
  authorization.caller_ = caller;
  authorization.needed_ = needed;
  authorization.identities_ = std::move(identities);
  return authorization;
}

absl::Status AccessControl::CheckStill(const Authorization& authorization,
                                       absl::optional<absl::string_view> tenant) const {
  if (policy_.Get() == authorization.policy_) return absl::OkStatus();
  TWOFOLD_ASSIGN_OR_RETURN(const Authorization now,
                           Authorize(authorization.identities_, authorization.needed_));
  return tenant.has_value() ? now.CheckTenant(*tenant) : absl::OkStatus();
}

}  // namespace twofold
