#ifndef TWOFOLD_STORAGE_SQLITE_ROW_HASH_H_
#define TWOFOLD_STORAGE_SQLITE_ROW_HASH_H_

#include <SQLiteCpp/Database.h>

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace twofold {

// Maps a key to the rows of the table `record` in which its record may lie. The hash is SipHash-2-4
// under a random key of the file, so that nobody can choose user ids whose records compete for the
// same rows. Immutable, thread-safe.
class RowHash {
 public:
  // A record lies in any of this many consecutive rows. Every lookup considers all of them and
  // compares the key, so a delete never hides another record.
  static constexpr int64_t kRowsPerKey = 4;

  // Reads the file's key. Throws SQLite::Exception.
  explicit RowHash(SQLite::Database& db);

  // The first of the rows: a multiple of kRowsPerKey, not negative.
  int64_t FirstRow(absl::string_view key) const;

 private:
  std::array<uint64_t, 2> key_ = {};
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_ROW_HASH_H_
