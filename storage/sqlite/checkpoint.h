#ifndef TWOFOLD_STORAGE_SQLITE_CHECKPOINT_H_
#define TWOFOLD_STORAGE_SQLITE_CHECKPOINT_H_

#include <cstdint>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/shared_state.h"

// After a failed sync of the database nobody knows which of the copied pages are on the disk, and
// the next sync through the same descriptor does not report them
// (https://lwn.net/Articles/752063/). So both functions then have the file re-opened, which copies
// the whole log anew. Until then the writer cannot start the log from its beginning, because its
// own sync comes first and fails through its own descriptor.

namespace twofold {

// Copies the log into the database. `mode` is SQLITE_CHECKPOINT_PASSIVE, which waits for nobody, or
// SQLITE_CHECKPOINT_RESTART. Returns SQLite's code and counts failures. A failed sync may be the
// log's, which comes before the copying. It has the same effect.
int Checkpoint(PlainConnection& connection, int mode, SharedState& state);

// Syncs a database of more than `bytes`, so that the pages of passive checkpoints reach the disk in
// the background. SQLite leaves that to the checkpoint that empties the log, for which the writer
// waits. In a smaller database pages change again before that, and syncing each time would write
// them more often.
void SyncLargeDatabase(PlainConnection& connection, int64_t bytes, SharedState& state);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_CHECKPOINT_H_
