#ifndef TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_
#define TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_

namespace twofold {

inline constexpr char kTwoFactorService[] = "twofold.v1.TwoFactorService";
inline constexpr char kAdminService[] = "twofold.v1.AdminService";
inline constexpr char kHealthService[] = "grpc.health.v1.Health";
inline constexpr char kReflectionV1[] = "grpc.reflection.v1.ServerReflection";
inline constexpr char kReflectionV1Alpha[] = "grpc.reflection.v1alpha.ServerReflection";

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_
