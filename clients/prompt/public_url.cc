#include "clients/prompt/public_url.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "server/access/return_url.h"

namespace twofold {

absl::StatusOr<PublicUrl> ParsePublicUrl(absl::string_view text) {
  while (absl::ConsumeSuffix(&text, "/")) {
  }
  // It has the narrow form of a return URL, which has a path.
  const absl::StatusOr<ReturnUrl> url = ParseReturnUrl(absl::StrCat(text, "/"));
  if (!url.ok() || text.find('?') != absl::string_view::npos) {
    return absl::InvalidArgumentError("must be https://HOST[:PORT][/PATH], or http:// and a loopback host");
  }
  PublicUrl parsed;
  parsed.origin = url->origin;
  parsed.prefix = std::string(absl::StripSuffix(url->path, "/"));
  return parsed;
}

}  // namespace twofold
