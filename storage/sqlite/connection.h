#ifndef TWOFOLD_STORAGE_SQLITE_CONNECTION_H_
#define TWOFOLD_STORAGE_SQLITE_CONNECTION_H_

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/sqlite/row_hash.h"
#include "storage/sqlite/sqlite_storage.h"

// SQLite connections with their prepared statements. One thread at a time may use a connection. The
// constructors throw SQLite::Exception. OpenConnections turns that into a status.

namespace twofold {

// How long a statement waits for the lock of an outside tool, such as a backup.
inline constexpr int kBusyTimeoutMs = 2000;

// UNAVAILABLE. The message says what was being done, and why it failed according to SQLite and the
// system. It contains no stored data.
absl::Status SqliteError(const SQLite::Database& db, absl::string_view doing);

// Runs one statement to its end and leaves it ready for the next run. Returns SQLite's code:
// SQLITE_DONE means success.
int RunToEnd(SQLite::Statement& statement) noexcept;

// A connection without statements, which is enough for checkpoints.
struct PlainConnection {
  PlainConnection(const std::string& path, const SqliteOptions& options);
  SQLite::Database db;
};

// The writer's connection. The schema must exist.
struct WriterConnection {
  explicit WriterConnection(std::unique_ptr<PlainConnection> opened);
  std::unique_ptr<PlainConnection> plain;
  SQLite::Database& db;
  SQLite::Statement begin;
  SQLite::Statement commit;
  SQLite::Statement rollback;
  SQLite::Statement find;
  SQLite::Statement insert;
  SQLite::Statement update;
  SQLite::Statement erase;
  SQLite::Statement data_version;
  SQLite::Statement page_count;
  // Writes a page without changing anything.
  SQLite::Statement probe;
  // In bytes.
  int64_t page_size;
  RowHash rows;
};

// The reader's connection, which is read-only. The schema must exist.
struct ReaderConnection {
  explicit ReaderConnection(const std::string& path);
  SQLite::Database db;
  SQLite::Statement begin;
  SQLite::Statement end;
  SQLite::Statement get;
  SQLite::Statement scan;
  SQLite::Statement probe;
  RowHash rows;
};

// All connections to one file.
struct Connections {
  std::unique_ptr<WriterConnection> writer;
  std::unique_ptr<ReaderConnection> reader;
  std::unique_ptr<PlainConnection> checkpointer;
};

// Folds a log that a crash left behind into the database, checks or creates the schema, and
// connects. The caller holds the file (database_file.h), and no other connection of this process is
// open. FAILED_PRECONDITION or UNAVAILABLE, with a message that names `path`.
absl::StatusOr<Connections> OpenConnections(const std::string& path, const SqliteOptions& options);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_CONNECTION_H_
