#include "storage/sqlite/row_hash.h"

#include <highwayhash/c_bindings.h>

#include <string>

namespace twofold {

RowHash::RowHash(SQLite::Database& db) {
  const std::string key = db.execAndGet("SELECT key FROM row_hash").getString();
  key.copy(reinterpret_cast<char*>(key_.data()), sizeof(key_));
}

int64_t RowHash::FirstRow(absl::string_view key) const {
  const uint64_t hash = SipHashC(key_.data(), key.data(), key.size());
  return static_cast<int64_t>(hash >> 1 & ~uint64_t{kRowsPerKey - 1});
}

}  // namespace twofold
