#ifndef TWOFOLD_STORAGE_REDIS_SLOT_MARKS_H_
#define TWOFOLD_STORAGE_REDIS_SLOT_MARKS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/task.h"
#include "storage/redis/client.h"

// A Cluster can lose what one of its masters holds and go on: emptied, or started again without its data.
// What was there would then be "no such record". So each slot of a store holds a mark, which goes where the
// slot goes and is lost with what the slot holds.

namespace twofold::redis {

// The name of the mark in the slot of the key `name`.
std::string SlotMarkBeside(absl::string_view name);

// Whether the slot of `name` has its mark. An error: not known.
Task<absl::StatusOr<bool>> HasSlotMark(Client& client, absl::string_view name);

// Writes the marks of all slots unless the one of `name`, which comes last, is there. What was begun and
// broken off is done again.
Task<absl::Status> WriteSlotMarks(Client& client, std::string name);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SLOT_MARKS_H_
