#ifndef TWOFOLD_SERVER_ACCESS_ROLE_H_
#define TWOFOLD_SERVER_ACCESS_ROLE_H_

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "absl/strings/string_view.h"

namespace twofold {

// What a caller may do. No role includes another.
enum class Role : uint8_t {
  kVerify,   // Check the codes of a login, and list what a user can log in with.
  kManage,   // Every other call of TwoFactorService.
  kAdmin,    // Every call of AdminService.
  kSupport,  // The calls of AdminService that only read, and UnlockSubject.
  kDeliver,  // Be given codes, which the caller sends to the user itself.
  kPrompt,   // The calls of PromptPageService. It is for the process that shows pages to users.
};

inline constexpr Role kAllRoles[] = {Role::kVerify,  Role::kManage,  Role::kAdmin,
                                     Role::kSupport, Role::kDeliver, Role::kPrompt};

// The name of the role in a policy file, such as "verify".
absl::string_view RoleName(Role role);
std::optional<Role> RoleNamed(absl::string_view name);

// A set of roles.
class Roles {
 public:
  constexpr Roles(std::initializer_list<Role> roles) {
    for (const Role role : roles) bits_ |= Bit(role);
  }

  // Every role, also those of later releases.
  static constexpr Roles All() {
    Roles all({});
    all.bits_ = ~uint32_t{0};
    return all;
  }

  void Add(Role role) { bits_ |= Bit(role); }
  constexpr bool Contains(Role role) const { return (bits_ & Bit(role)) != 0; }
  constexpr bool ContainsAnyOf(Roles others) const { return (bits_ & others.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr uint32_t Bit(Role role) { return uint32_t{1} << static_cast<uint32_t>(role); }

  uint32_t bits_ = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ACCESS_ROLE_H_
