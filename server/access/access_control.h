#ifndef TWOFOLD_SERVER_ACCESS_ACCESS_CONTROL_H_
#define TWOFOLD_SERVER_ACCESS_ACCESS_CONTROL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/current.h"
#include "server/access/policy.h"

namespace twofold {

// The caller of one call, under the policy that was in force when the call arrived. A call whose
// caller was never identified has no rights. It may outlive the access control.
class Authorization {
 public:
  Authorization() = default;

  // The caller's name for audit events. Empty for AnyCaller().
  const std::string& caller() const { return caller_->name; }

  // Returns CALLER_NOT_ALLOWED if the caller has none of the roles `needed`.
  absl::Status CheckRoles(Roles needed) const;
  // Returns CALLER_NOT_ALLOWED if the caller may not use `tenant`.
  absl::Status CheckTenant(absl::string_view tenant) const;
  bool MayUse(absl::string_view tenant) const { return caller_->MayUse(tenant); }
  // Where browsers may go from the caller's prompts. Null if there is no policy, which then says nothing.
  const std::vector<std::string>* return_urls() const {
    return policy_ == nullptr ? nullptr : &caller_->return_urls;
  }

 private:
  friend class AccessControl;

  // Keeps the caller alive. Null if there is no policy.
  std::shared_ptr<const Policy> policy_;
  const Caller* caller_ = &Nobody();
  std::vector<std::string> identities_;
  Policy::Match match_ = Policy::Match::kAny;

  static const Caller& Nobody();
};

// Decides who may call. Thread-safe. It never blocks.
class AccessControl {
 public:
  // Without a policy everybody may do everything. A server that has a policy keeps one.
  explicit AccessControl(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {}

  bool has_policy() const { return policy_.Get() != nullptr; }

  // Returns CALLER_UNKNOWN if the policy has no caller with `identities`.
  absl::StatusOr<Authorization> Identify(std::vector<std::string> identities,
                                         Policy::Match match = Policy::Match::kAny) const;

  // Decides again by the policy that is in force now, also about `tenant` if there is one. The
  // answer of a call must not leave under a policy that was replaced.
  absl::Status CheckStill(const Authorization& authorization, Roles needed,
                          absl::optional<absl::string_view> tenant) const;

  // Decides about `tenant` by the policy that is in force now. It is for the parts of a long call.
  absl::Status CheckTenant(const Authorization& authorization, Roles needed, absl::string_view tenant) const;
  bool MayUseAllTenants(const Authorization& authorization, Roles needed) const;

  // From now on calls are decided by `policy`.
  void Replace(std::shared_ptr<const Policy> policy) { policy_.Set(std::move(policy)); }

 private:
  Current<Policy> policy_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ACCESS_ACCESS_CONTROL_H_
