#ifndef TWOFOLD_STORAGE_SQLITE_CONNECTION_H_
#define TWOFOLD_STORAGE_SQLITE_CONNECTION_H_

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/sqlite/sqlite_storage.h"

// SQLite connections with their prepared statements. A connection is used by one thread at a time. Exceptions
// of SQLiteCpp end in the factories here and in the batches that bind values.

namespace twofold {

// How long a lock of an outside tool (backup, command line) is waited for.
inline constexpr int kBusyTimeoutMs = 2000;

// UNAVAILABLE: what was being done, and SQLite's and the system's word on why it failed. Holds no stored
// data.
absl::Status SqliteError(const SQLite::Database& db, absl::string_view doing);

// Runs one statement that takes no values to its end and leaves it ready for the next run. Returns SQLite's
// code: SQLITE_DONE is success.
int RunToEnd(SQLite::Statement& statement) noexcept;

// For what happens between transactions on the file: checkpoints.
struct PlainConnection {
  PlainConnection(const std::string& path, const SqliteOptions& options);
  SQLite::Database db;
};

// For the writer. The schema must exist.
struct WriterConnection {
  explicit WriterConnection(std::unique_ptr<PlainConnection> opened);
  std::unique_ptr<PlainConnection> plain;
  SQLite::Database& db;
  SQLite::Statement begin;
  SQLite::Statement commit;
  SQLite::Statement rollback;
  SQLite::Statement insert;
  SQLite::Statement update;
  // Of the record with that key in a row that it is expected in.
  SQLite::Statement update_row;
  SQLite::Statement erase;
  SQLite::Statement data_version;
  SQLite::Statement page_count;
  // Writes a page without changing anything.
  SQLite::Statement probe;
  // Bytes.
  int64_t page_size;
  // That was inserted or updated last.
  int64_t last_row = 0;
};

// Read-only. The schema must exist.
struct ReaderConnection {
  explicit ReaderConnection(const std::string& path);
  SQLite::Database db;
  SQLite::Statement begin;
  SQLite::Statement end;
  SQLite::Statement get;
  SQLite::Statement get_row;
  SQLite::Statement scan;
  SQLite::Statement probe;
};

// All connections to one file.
struct Connections {
  std::unique_ptr<WriterConnection> writer;
  std::unique_ptr<ReaderConnection> reader;
  std::unique_ptr<PlainConnection> checkpointer;
};

// Opens a prepared file: checks or creates the schema, folds a log that a crash left behind into the
// database, and connects. No other connection to the file may be open in this process. FAILED_PRECONDITION or
// UNAVAILABLE with a message that names `path`.
absl::StatusOr<Connections> OpenConnections(const std::string& path, const SqliteOptions& options);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_CONNECTION_H_
