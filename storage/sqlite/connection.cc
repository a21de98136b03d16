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

constexpr const char* kInsert =
    "INSERT INTO record (key, version, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
constexpr const char* kUpdate = "UPDATE record SET version = ?2, bytes = ?3 WHERE key = ?1 AND version = ?4";
constexpr const char* kUpdateRow =
    "UPDATE record SET version = ?2, bytes = ?3 WHERE rowid = ?5 AND key = ?1 AND version = ?4";
constexpr const char* kErase = "DELETE FROM record WHERE key = ?1 AND version = ?2";
constexpr const char* kGet = "SELECT version, bytes, rowid FROM record WHERE key = ?1";
constexpr const char* kGetRow = "SELECT version, bytes, rowid FROM record WHERE rowid = ?2 AND key = ?1";
constexpr const char* kScan = "SELECT key, version, bytes FROM record WHERE key > ?1 ORDER BY key LIMIT ?2";
// The first and the last record, and with them the outer pages of index and table.
constexpr const char* kReadProbe =
    "SELECT (SELECT length(bytes) FROM record ORDER BY key LIMIT 1),"
    " (SELECT length(bytes) FROM record ORDER BY key DESC LIMIT 1)";

// A schema that somebody tampered with must not run code, and a damaged page must be noticed when it is read.
SQLite::Database& Harden(SQLite::Database& db) {
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  db.exec("PRAGMA trusted_schema = OFF");
  db.exec("PRAGMA cell_size_check = ON");
  return db;
}

// What a crash or a failed sync left behind. A failed sync may leave a log that can be read but is not on
// disk; once its content is written and synced anew into the database, what readers see is durable again. So
// nothing is read before this.
//
// As the only one to have the file open, in any process: otherwise SQLite would go by the others' index of
// the log, which takes for granted what had been copied before, whether it is on the disk or not.
absl::Status FoldLog(const std::string& path) {
  std::error_code none;
  if (const auto size = std::filesystem::file_size(path + "-wal", none); none || size == 0) {
    return absl::OkStatus();
  }
  SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
  // Before anything is read, or it would not keep an index of its own
  // (https://www.sqlite.org/wal.html#noshm).
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
  // The system's number outlives the call that set it; it is of interest only where the disk is.
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
      insert(db, kInsert),
      update(db, kUpdate),
      update_row(db, kUpdateRow),
      erase(db, kErase),
      data_version(db, "PRAGMA data_version"),
      page_count(db, "PRAGMA page_count"),
      probe(db, absl::StrCat("PRAGMA user_version = ", Migrations().size())),
      page_size(db.execAndGet("PRAGMA page_size").getInt64()) {
  sqlite3_update_hook(
      db.getHandle(),
      [](void* row, int, const char*, const char*, sqlite3_int64 changed) {
        *static_cast<int64_t*>(row) = changed;
      },
      &last_row);
}

ReaderConnection::ReaderConnection(const std::string& path)
    : db(path, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs),
      begin(Harden(db), "BEGIN"),
      end(db, "COMMIT"),
      get(db, kGet),
      get_row(db, kGetRow),
      scan(db, kScan),
      probe(db, kReadProbe) {}

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
