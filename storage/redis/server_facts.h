#ifndef TWOFOLD_STORAGE_REDIS_SERVER_FACTS_H_
#define TWOFOLD_STORAGE_REDIS_SERVER_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/redis/reply.h"

// Reads the settings and the state that a Redis server reports, and judges them. Pure.

namespace twofold::redis {

struct ServerFacts {
  std::string version;
  std::string role;             // "master" or "slave".
  std::string eviction_policy;  // maxmemory-policy.
  bool append_only = false;
  std::string append_sync;  // appendfsync. Empty: the ACL does not let us see it.
  int64_t replicas = 0;     // The connected ones.
};

// What Twofold uses a server for.
enum class Purpose { kStorage, kLimiter };

// `info` is the reply to INFO, and `config` the reply to CONFIG GET appendfsync, which may be an
// error.
ServerFacts ReadFacts(absl::string_view info, const Reply& config);

// FAILED_PRECONDITION, in a sentence for operators: the server must not be used, because it could
// evict records or is not a master.
absl::Status CheckFit(const ServerFacts& facts);

// OK when `time`, the reply to a TIME that was sent at `asked` and answered at `answered`, is
// within 5 s of our clock. Otherwise UNAVAILABLE. A wrong clock would accept used codes or reject
// fresh ones.
absl::Status CheckClock(const Reply& time, absl::Time asked, absl::Time answered);

// One sentence for operators about each kind of data that these settings can lose.
std::vector<std::string> WarningsFor(const ServerFacts& facts, Purpose purpose, int min_replicas);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SERVER_FACTS_H_
