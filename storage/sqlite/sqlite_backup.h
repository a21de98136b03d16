#ifndef TWOFOLD_STORAGE_SQLITE_SQLITE_BACKUP_H_
#define TWOFOLD_STORAGE_SQLITE_SQLITE_BACKUP_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace twofold {

struct SqliteBackup {
  int64_t records = 0;
  // Size of the file.
  int64_t bytes = 0;
};

// Writes the state of the database at `path` at one moment into the new file `to` (mode 0600). The
// copy is checked by SQLite (integrity_check) and made durable before it gets its name. It opens as
// a store. `progress` receives the pages done and the pages in all. Blocks.
//
// Only reads the database, through a connection of its own and without locking the file, so a
// server may run on it and goes on writing. One read transaction lasts for as long as the copy
// takes. Meanwhile the log cannot be restarted, and a server that has to open the file waits. If no
// server runs, SQLite may leave empty -wal and -shm files.
//
// ALREADY_EXISTS: there is a file at `to`. FAILED_PRECONDITION, with a message that names the file:
// `path` is not a Twofold database, of another schema, damaged or not readable, or `to` cannot be
// written.
absl::StatusOr<SqliteBackup> BackUpSqlite(const std::string& path, const std::string& to,
                                          const std::function<void(int64_t, int64_t)>& progress);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SQLITE_BACKUP_H_
