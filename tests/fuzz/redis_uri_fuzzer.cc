// What operators write. A URI is either understood or refused with a message, and no message holds what
// stands before the last @.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "storage/backend_uri.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/scan_cursor.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void Run(const uint8_t* data, size_t size) {
  constexpr const char* kSchemes[] = {"redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster"};
  if (size == 0) return;
  const std::string text(data + 1, data + size);
  const auto cursor = twofold::redis::ParseCursor(text);
  if (cursor.ok() && twofold::redis::FormatCursor(*cursor) != text) std::abort();

  twofold::BackendUri uri;
  uri.scheme = kSchemes[data[0] % 5];
  uri.rest = "//:sesame-open@" + text;
  const auto parsed = twofold::redis::ParseRedisUri(uri);
  // An option of that name is no password, and is shown.
  if (!absl::StrContains(text, "sesame-open") &&
      absl::StrContains(parsed.status().message(), "sesame-open")) {
    std::abort();
  }
  if (!parsed.ok()) return;
  if (parsed->endpoints.empty() || parsed->timeout <= absl::ZeroDuration()) std::abort();
  if (!absl::StrContains(parsed->credentials.password, "sesame-open")) std::abort();
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("redis_uri", &Run);

}  // namespace
