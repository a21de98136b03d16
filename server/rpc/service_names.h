#ifndef TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_
#define TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_

#include <string>

namespace twofold {

inline constexpr char kTwoFactorService[] = "twofold.v1.TwoFactorService";
inline constexpr char kAdminService[] = "twofold.v1.AdminService";

// `listen` with the port that was picked.
std::string BoundAddress(const std::string& listen, int port);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_
