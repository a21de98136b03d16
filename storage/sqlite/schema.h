#ifndef TWOFOLD_STORAGE_SQLITE_SCHEMA_H_
#define TWOFOLD_STORAGE_SQLITE_SCHEMA_H_

#include <SQLiteCpp/Database.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace twofold {

// "2FLD": tells our files from those of other programs (PRAGMA application_id).
inline constexpr int64_t kApplicationId = 0x32464c44;

// SQL that brings a database from schema i to i + 1. Schema 0 is the empty file. What has been released never
// changes.
absl::Span<const char* const> Migrations();

// FAILED_PRECONDITION when the database belongs to another program or to a newer release than one that knows
// `known` schemas, by any of which it may have been written; an untouched one passes. Throws
// SQLite::Exception when it cannot be read.
absl::Status CheckSchema(SQLite::Database& db, size_t known);

// Brings the database to the schema migrations.size(), all or nothing, and into WAL mode.
// FAILED_PRECONDITION, with the file as it was: it belongs to another program, or to a newer release.
// UNAVAILABLE or SQLite::Exception: it could not be read or written.
absl::Status Migrate(SQLite::Database& db, absl::Span<const char* const> migrations);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SCHEMA_H_
