#include "storage/sqlite/checkpoint.h"

#include <sqlite3.h>

namespace twofold {
namespace {

// `code` is an extended result code.
int Failed(int code, SharedState& state) {
  ++state.counters.failed_checkpoints;
  if (code == SQLITE_IOERR_FSYNC) {
    state.needs_log = true;
    state.Refuse(absl::UnavailableError("the database is being re-opened after a failed sync"));
  }
  return code;
}

}  // namespace

int Checkpoint(PlainConnection& connection, int mode, SharedState& state) {
  sqlite3* const db = connection.db.getHandle();
  const int code = sqlite3_wal_checkpoint_v2(db, nullptr, mode, nullptr, nullptr);
  // Two checkpoints ran at once, and the passive one has nothing to do.
  if (code == SQLITE_OK || (code == SQLITE_BUSY && mode == SQLITE_CHECKPOINT_PASSIVE)) return code;
  return Failed(sqlite3_extended_errcode(db), state);
}

void SyncLargeDatabase(PlainConnection& connection, int64_t bytes, SharedState& state) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.db.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  if (code == SQLITE_OK && size <= bytes) return;
  if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
  if (code != SQLITE_OK) Failed(code, state);
}

}  // namespace twofold
