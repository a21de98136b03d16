#include "server/rpc/service_names.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace twofold {

std::string BoundAddress(const std::string& listen, int port) {
  if (absl::StartsWith(listen, "unix:")) return listen;
  return absl::StrCat(listen.substr(0, listen.rfind(':') + 1), port);
}

}  // namespace twofold
