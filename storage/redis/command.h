#ifndef TWOFOLD_STORAGE_REDIS_COMMAND_H_
#define TWOFOLD_STORAGE_REDIS_COMMAND_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace twofold::redis {

// The command in Redis's protocol, as hiredis writes it. Arguments are any bytes.
std::string Encode(absl::Span<const absl::string_view> arguments);

// A Lua script and its SHA-1 in hexadecimal, by which a server that has seen it knows it.
struct Script {
  absl::string_view source;
  absl::string_view sha;
};

// A call of `script` on `keys`. `whole` sends the source, for a server that does not know it yet.
std::string EncodeCall(const Script& script, absl::Span<const absl::string_view> keys,
                       absl::Span<const absl::string_view> arguments, bool whole);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_COMMAND_H_
