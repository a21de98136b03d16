#ifndef TWOFOLD_SERVER_OPS_VERSION_H_
#define TWOFOLD_SERVER_OPS_VERSION_H_

namespace twofold {

// The release that --version prints and that twofold_build_info carries.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_VERSION_H_
