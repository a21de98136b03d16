#ifndef TWOFOLD_STORAGE_SQLITE_CHECKPOINT_H_
#define TWOFOLD_STORAGE_SQLITE_CHECKPOINT_H_

#include <cstdint>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/shared_state.h"

// A failed sync of the database leaves nobody knowing which of the copied pages are on the disk, and the next
// one through the same descriptor says nothing of them (https://lwn.net/Articles/752063/). Both functions
// then have the file re-opened, which copies the whole log anew. Until then the writer cannot start the log
// from its beginning: its own sync comes first, and tells it through its own descriptor.

namespace twofold {

// Copies what the log holds into the database. `mode`: SQLITE_CHECKPOINT_PASSIVE, which waits for nobody, or
// SQLITE_CHECKPOINT_RESTART. Returns SQLite's code, and counts failures. A failed sync may have been the
// log's, which comes before the copying; it is taken like the other.
int Checkpoint(PlainConnection& connection, int mode, SharedState& state);

// Has the disk take what checkpoints copied into a database of more than `bytes`. Passive ones leave that to
// the one that empties the log, for which the writer waits. In a smaller database pages change again before
// that, and syncing each time would write them more often than waiting costs.
void SyncLargeDatabase(PlainConnection& connection, int64_t bytes, SharedState& state);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_CHECKPOINT_H_
