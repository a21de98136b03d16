#include "storage/sqlite/connection.h"

#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/system_error.h"

namespace twofold {
namespace {

// Parameters of writes: 1 row, 2 key, 3 expected version, 4 next version, 5 bytes.
constexpr const char* kInsert =
    "INSERT INTO record (row, key, version, bytes) VALUES (?1, ?2, ?4, ?5) ON CONFLICT DO NOTHING";
constexpr const char* kUpdate =
    "UPDATE record SET version = ?4, bytes = ?5 WHERE row = ?1 AND key = ?2 AND version = ?3";
constexpr const char* kErase = "DELETE FROM record WHERE row = ?1 AND key = ?2 AND version = ?3";
// Parameters: 1 first row, 2 last row, 3 key.
constexpr const char* kFind = "SELECT row FROM record WHERE row BETWEEN ?1 AND ?2 AND key = ?3";
constexpr const char* kGet = "SELECT version, bytes FROM record WHERE row BETWEEN ?1 AND ?2 AND key = ?3";
// Parameters: 1 row, 2 limit.
constexpr const char* kScan =
    "SELECT row, key, version, bytes FROM record WHERE row > ?1 ORDER BY row LIMIT ?2";
// Reads the first and the last record, and with them the outer pages of the table.
constexpr const char* kReadProbe =
    "SELECT (SELECT length(bytes) FROM record ORDER BY row LIMIT 1),"
    " (SELECT length(bytes) FROM record ORDER BY row DESC LIMIT 1)";

// A schema that somebody tampered with must not run code. A damaged page must be noticed when it is
// read.
SQLite::Database& Harden(SQLite::Database& db) {
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  db.exec("PRAGMA trusted_schema = OFF");
  db.exec("PRAGMA cell_size_check = ON");
  return db;
}

// Copies a log that a crash or a failed sync left behind into the database. A failed sync may leave
// a log that can be read but is not on the disk. After its content has been written and synced
// anew, what readers see is durable again. So this comes before any read.
//
// This connection must be the only one that has the file open, in any process. Otherwise SQLite
// would use the shared index of the log, which counts what was copied before as done, whether it is
// on the disk or not.
absl::Status FoldLog(const std::string& path) {
  std::error_code none;
  if (const auto size = std::filesystem::file_size(path + "-wal", none); none || size == 0) {
    return absl::OkStatus();
  }
  SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
  // Makes SQLite keep a private index of the log (https://www.sqlite.org/wal.html#noshm). That
  // works only before the first read.
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  Harden(db);
  db.exec("PRAGMA synchronous = FULL");
  const int code =
      sqlite3_wal_checkpoint_v2(db.getHandle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : SqliteError(db, "folding in the write-ahead log");
}

absl::StatusOr<Connections> Connect(const std::string& path, const SqliteOptions& options) {
  TWOFOLD_RETURN_IF_ERROR(FoldLog(path));
  Connections connections;
  auto writer = std::make_unique<PlainConnection>(path, options);
  if (sqlite3_db_readonly(writer->db.getHandle(), "main") != 0) {
    return absl::FailedPreconditionError("the file can only be read");
  }
  TWOFOLD_RETURN_IF_ERROR(Migrate(writer->db, Migrations()));
  connections.writer = std::make_unique<WriterConnection>(std::move(writer));
  connections.checkpointer = std::make_unique<PlainConnection>(path, options);
  connections.reader = std::make_unique<ReaderConnection>(path);
  SQLite::Statement& probe = connections.reader->probe;
  if (probe.tryExecuteStep() != SQLITE_ROW) return SqliteError(connections.reader->db, "reading");
  probe.tryReset();
  return connections;
}

absl::string_view Explain(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return " (the file is damaged: restore it from a backup)";
    case SQLITE_BUSY:
      return " (another program holds a lock on the file)";
    default:
      return "";
  }
}

}  // namespace

absl::Status SqliteError(const SQLite::Database& db, absl::string_view doing) {
  const int code = db.getExtendedErrorCode();
  const int system = sqlite3_system_errno(db.getHandle());
  // The system's number outlives the call that set it, so it is meaningful only after these errors.
  const bool of_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  return absl::UnavailableError(
      absl::StrCat(doing, ": ", db.getErrorMsg(), ", SQLite code ", code, Explain(code),
                   of_system && system != 0 ? absl::StrCat(", ", std::strerror(system)) : ""));
}

int RunToEnd(SQLite::Statement& statement) noexcept {
  const int code = statement.tryExecuteStep();
  statement.tryReset();
  return code;
}

PlainConnection::PlainConnection(const std::string& path, const SqliteOptions& options)
    : db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs) {
  Harden(db);
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA wal_autocheckpoint = 0");
  db.exec("PRAGMA secure_delete = ON");
  db.exec(absl::StrCat("PRAGMA journal_size_limit = ", options.max_wal_bytes));
}

WriterConnection::WriterConnection(std::unique_ptr<PlainConnection> opened)
    : plain(std::move(opened)),
      db(plain->db),
      begin(db, "BEGIN IMMEDIATE"),
      commit(db, "COMMIT"),
      rollback(db, "ROLLBACK"),
      find(db, kFind),
      insert(db, kInsert),
      update(db, kUpdate),
      erase(db, kErase),
      data_version(db, "PRAGMA data_version"),
      page_count(db, "PRAGMA page_count"),
      probe(db, absl::StrCat("PRAGMA user_version = ", Migrations().size())),
      page_size(db.execAndGet("PRAGMA page_size").getInt64()),
      rows(db) {}

ReaderConnection::ReaderConnection(const std::string& path)
    : db(path, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs),
      begin(Harden(db), "BEGIN"),
      end(db, "COMMIT"),
      get(db, kGet),
      scan(db, kScan),
      probe(db, kReadProbe),
      rows(db) {}

absl::StatusOr<Connections> OpenConnections(const std::string& path, const SqliteOptions& options) {
  absl::StatusOr<Connections> connections = absl::UnavailableError("");
  ForgetSystemError();
  try {
    connections = Connect(path, options);
  } catch (const SQLite::Exception& e) {
    const std::string system = SystemError();
    connections =
        absl::UnavailableError(absl::StrCat(e.what(), ", SQLite code ", e.getExtendedErrorCode(),
                                            Explain(e.getErrorCode()), system.empty() ? "" : ", ", system));
  }
  if (connections.ok()) return connections;
  return absl::Status(connections.status().code(),
                      absl::StrCat("sqlite database ", path, ": ", connections.status().message()));
}

}  // namespace twofold
