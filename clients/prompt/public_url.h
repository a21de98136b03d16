#ifndef TWOFOLD_CLIENTS_PROMPT_PUBLIC_URL_H_
#define TWOFOLD_CLIENTS_PROMPT_PUBLIC_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// Where browsers reach the page. It is the server's --prompt_url.
struct PublicUrl {
  // Scheme, host and port, as browsers send them in the header Origin.
  std::string origin = {};
  // What stands before every path, such as "/second-factor". Empty for a page at the root.
  std::string prefix = {};

  // Host and port.
  std::string host() const { return origin.substr(origin.find("//") + 2); }
  bool is_https() const { return origin.compare(0, 6, "https:") == 0; }
};

// Takes https://HOST[:PORT][/PATH], and http for localhost and loopback addresses. INVALID_ARGUMENT says
// what is allowed.
absl::StatusOr<PublicUrl> ParsePublicUrl(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_PUBLIC_URL_H_
