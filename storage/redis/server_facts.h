#ifndef TWOFOLD_STORAGE_REDIS_SERVER_FACTS_H_
#define TWOFOLD_STORAGE_REDIS_SERVER_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/redis/reply.h"

// What a Redis server says of itself, and what follows from it. Pure.

namespace twofold::redis {

struct ServerFacts {
  std::string version;
  std::string role;             // "master" or "slave".
  std::string eviction_policy;  // maxmemory-policy.
  bool append_only = false;
  std::string append_sync;  // appendfsync; empty: we may not see it (ACL).
  int64_t replicas = 0;     // Connected.
};

// What a server is used for.
enum class Purpose { kStorage, kLimiter };

// From the replies to INFO and to CONFIG GET appendfsync, which may be an error.
ServerFacts ReadFacts(absl::string_view info, const Reply& config);

// FAILED_PRECONDITION, in a sentence for operators, when it must not be used: what it holds could go without
// anybody having removed it, or it is not the one to write to.
absl::Status CheckFit(const ServerFacts& facts);

// Whether the reply to TIME, asked for at `asked` and here at `answered`, is a time within 5 s of that:
// otherwise UNAVAILABLE. With a clock that is off, codes count as used or as new that are not.
absl::Status CheckClock(const Reply& time, absl::Time asked, absl::Time answered);

// What can be lost with these settings, a sentence each.
std::vector<std::string> WarningsFor(const ServerFacts& facts, Purpose purpose, int min_replicas);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SERVER_FACTS_H_
