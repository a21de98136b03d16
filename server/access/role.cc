#include "server/access/role.h"

namespace twofold {

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kVerify:
      return "verify";
    case Role::kManage:
      return "manage";
    case Role::kAdmin:
      return "admin";
    case Role::kSupport:
      return "support";
    case Role::kDeliver:
      return "deliver";
    case Role::kPrompt:
      return "prompt";
  }
  return "";
}

std::optional<Role> RoleNamed(absl::string_view name) {
  for (const Role role : kAllRoles) {
    if (RoleName(role) == name) return role;
  }
  return std::nullopt;
}

}  // namespace twofold
