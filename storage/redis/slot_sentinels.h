#ifndef TWOFOLD_STORAGE_REDIS_SLOT_SENTINELS_H_
#define TWOFOLD_STORAGE_REDIS_SLOT_SENTINELS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/task.h"
#include "storage/redis/client.h"

// Sentinels in the slots of a Cluster. A master can lose its data and go on: it was emptied, or it
// started again without its data. Its records would then be "no such record". So each slot of a
// store holds a sentinel, which moves with the slot and is lost with the slot's records.

namespace twofold::redis {

// The name of the sentinel in the slot of the key `name`.
std::string SlotSentinelBeside(absl::string_view name);

// Whether the slot of `name` has its sentinel. After an error it is not known.
Task<absl::StatusOr<bool>> HasSlotSentinel(Client& client, absl::string_view name);

// Writes the sentinels of all slots, that of `name` last. Does nothing if that one is there. So a
// run that was broken off is repeated.
Task<absl::Status> WriteSlotSentinels(Client& client, std::string name);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SLOT_SENTINELS_H_
