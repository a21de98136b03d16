#ifndef TWOFOLD_SERVER_ACCESS_RETURN_URL_H_
#define TWOFOLD_SERVER_ACCESS_RETURN_URL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Where the browser goes when it leaves the page of a prompt. A browser reads URLs in lenient ways, so
// only URLs of a narrow form are taken, and every other form is refused. Pure and thread-safe.

namespace twofold {

inline constexpr size_t kMaxReturnUrlSize = 512;

struct ReturnUrl {
  // Scheme, host and port, such as "https://shop.example.org:8443".
  std::string origin;
  // With its slash at the front, without the query.
  std::string path;
};

// Takes https://HOST[:PORT]/PATH[?QUERY], and http for localhost and loopback addresses. The host is in
// lower case. There is no user, no fragment, no empty or dotted segment of the path, no backslash and no
// escaped slash or dot. INVALID_ARGUMENT quotes nothing of the text.
absl::StatusOr<ReturnUrl> ParseReturnUrl(absl::string_view text);

// Returns whether `allowed`, an entry of a policy, admits the URL: the same origin, and a path that is
// the entry's or lies below it.
bool Admits(const ReturnUrl& allowed, const ReturnUrl& url);

// Returns OK if `text` is a URL that one of `allowed` admits. INVALID_ARGUMENT otherwise.
absl::Status CheckReturnUrl(absl::string_view text, absl::Span<const std::string> allowed);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ACCESS_RETURN_URL_H_
