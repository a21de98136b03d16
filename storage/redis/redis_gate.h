#ifndef TWOFOLD_STORAGE_REDIS_REDIS_GATE_H_
#define TWOFOLD_STORAGE_REDIS_REDIS_GATE_H_

#include <memory>

#include "common/clock.h"
#include "storage/attempt_gate.h"
#include "storage/redis/client.h"

namespace twofold::redis {

// Counts and reads by one script, which is one round trip. A refused attempt reads nothing. The
// deployment of `client` is not a Cluster, because a script there must not name two keys of a slot
// that is moving, and it waits for no replicas, because a refusal need not. `clock` replaces the
// server's clock in tests and may be null. It outlives the gate.
std::unique_ptr<AttemptGate> NewRedisGate(std::shared_ptr<Client> client, const Clock* clock);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_REDIS_GATE_H_
