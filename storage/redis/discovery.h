#ifndef TWOFOLD_STORAGE_REDIS_DISCOVERY_H_
#define TWOFOLD_STORAGE_REDIS_DISCOVERY_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/task.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/slots.h"
#include "storage/redis/thread_connections.h"

namespace twofold::redis {

// Finds the masters: the server that the URI names, the one that the Sentinels agree on, or those
// that the Cluster's nodes list. `known` are nodes that were masters before. UNAVAILABLE when no
// server that could tell answers.
Task<absl::StatusOr<Topology>> Discover(const RedisUri& uri, ThreadConnections& servers,
                                        ThreadConnections& sentinels, std::vector<Endpoint> known);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_DISCOVERY_H_
