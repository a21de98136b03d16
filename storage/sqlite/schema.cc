#include "storage/sqlite/schema.h"

#include <SQLiteCpp/Transaction.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

constexpr const char* kMigrations[] = {
    // 1. No release wrote it.
    "",
    // 2. A record's row is a hash of its key (row_hash.h), so the table needs no index. WITHOUT
    // ROWID would move rows that are longer than about a quarter of a page to pages of their own.
    // That is 230 bytes with pages of 1 KiB, and records have about 400.
    R"sql(
    CREATE TABLE record (
      row INTEGER PRIMARY KEY,
      key BLOB NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
      version INTEGER NOT NULL CHECK (version <> 0),
      bytes BLOB NOT NULL CHECK (length(bytes) <= 65536)
    ) STRICT;
    CREATE TABLE row_hash (key BLOB NOT NULL CHECK (length(key) = 16)) STRICT;
    INSERT INTO row_hash VALUES (randomblob(16));
    )sql",
};

int64_t Number(SQLite::Database& db, const char* sql) { return db.execAndGet(sql).getInt64(); }

absl::Status CheckOwner(SQLite::Database& db) {
  if (Number(db, "PRAGMA application_id") == kApplicationId) return absl::OkStatus();
  const bool untouched = Number(db, "PRAGMA application_id") == 0 && Number(db, "PRAGMA user_version") == 0 &&
                         Number(db, "SELECT count(*) FROM sqlite_schema") == 0;
  if (untouched) return absl::OkStatus();
  return absl::FailedPreconditionError("is a SQLite database of another program");
}

absl::Status CheckVersion(int64_t version, size_t known) {
  if (version == 0) return absl::OkStatus();
  if (version > 0 && version < kOldestSchema) {
    return absl::FailedPreconditionError(
        absl::StrCat("has schema ", version, ", but this release reads schemas from ", kOldestSchema,
                     " on: no release wrote it, so move it away and start anew"));
  }
  if (version > 0 && version <= static_cast<int64_t>(known)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("has schema ", version,
                                                    ", but this release knows only schemas up to ", known,
                                                    ": it was written by a newer release, use that"));
}

}  // namespace

absl::Span<const char* const> Migrations() { return kMigrations; }

absl::Status CheckSchema(SQLite::Database& db, size_t known) {
  TWOFOLD_RETURN_IF_ERROR(CheckOwner(db));
  return CheckVersion(Number(db, "PRAGMA user_version"), known);
}

absl::Status Migrate(SQLite::Database& db, absl::Span<const char* const> migrations) {
  TWOFOLD_RETURN_IF_ERROR(CheckSchema(db, migrations.size()));
  const int64_t version = Number(db, "PRAGMA user_version");
  // Each write puts a whole page into the log, and a record has about 400 bytes.
  if (version == 0) db.exec("PRAGMA page_size = 1024");
  if (db.execAndGet("PRAGMA journal_mode = WAL").getString() != "wal") {
    return absl::FailedPreconditionError("its file system does not support write-ahead logging");
  }
  if (version == static_cast<int64_t>(migrations.size())) return absl::OkStatus();
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  for (const char* migration : migrations.subspan(static_cast<size_t>(version))) db.exec(migration);
  db.exec(absl::StrCat("PRAGMA application_id = ", kApplicationId));
  db.exec(absl::StrCat("PRAGMA user_version = ", migrations.size()));
  transaction.commit();
  return absl::OkStatus();
}

}  // namespace twofold
