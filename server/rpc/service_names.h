#ifndef TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_
#define TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_

namespace twofold {

inline constexpr char kTwoFactorService[] = "twofold.v1.TwoFactorService";
inline constexpr char kPromptService[] = "twofold.v1.PromptService";
inline constexpr char kPromptPageService[] = "twofold.v1.PromptPageService";
inline constexpr char kAdminService[] = "twofold.v1.AdminService";
// The services of the API, all of whose RPCs are in the method table.
inline constexpr const char* kApiServices[] = {kTwoFactorService, kPromptService, kPromptPageService,
                                               kAdminService};
inline constexpr char kHealthService[] = "grpc.health.v1.Health";
inline constexpr char kReflectionV1[] = "grpc.reflection.v1.ServerReflection";
inline constexpr char kReflectionV1Alpha[] = "grpc.reflection.v1alpha.ServerReflection";

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_SERVICE_NAMES_H_
