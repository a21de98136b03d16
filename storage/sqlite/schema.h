#ifndef TWOFOLD_STORAGE_SQLITE_SCHEMA_H_
#define TWOFOLD_STORAGE_SQLITE_SCHEMA_H_

#include <SQLiteCpp/Database.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace twofold {

// "2FLD", the PRAGMA application_id of Twofold's databases.
inline constexpr int64_t kApplicationId = 0x32464c44;

// The oldest schema that is read. Schema 1 was never released.
inline constexpr int64_t kOldestSchema = 2;

// Element i is the SQL that brings a database from schema i to schema i + 1. Schema 0 is an empty
// file. An element never changes once it has been released.
absl::Span<const char* const> Migrations();

// Accepts an empty database and one of the schemas kOldestSchema to `known`. FAILED_PRECONDITION:
// the database belongs to another program, to a newer release, or to no release. Throws
// SQLite::Exception when it cannot be read.
absl::Status CheckSchema(SQLite::Database& db, size_t known);

// Brings the database to schema migrations.size() in one transaction, and into WAL mode.
// FAILED_PRECONDITION, as CheckSchema, or the file system does not support WAL. Then the file is
// unchanged. Throws SQLite::Exception when it cannot be read or written.
absl::Status Migrate(SQLite::Database& db, absl::Span<const char* const> migrations);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SCHEMA_H_
