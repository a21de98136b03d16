#ifndef TWOFOLD_STORAGE_REDIS_SCAN_CURSOR_H_
#define TWOFOLD_STORAGE_REDIS_SCAN_CURSOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold::redis {

// Where a scan goes on: which master, its own cursor, and the names that it gave beyond what fitted into the
// page.
struct ScanCursor {
  uint64_t topology = 0;     // Topology::Fingerprint when the scan began.
  size_t master = 0;         // Index of Topology::masters.
  uint64_t position = 0;     // SCAN's cursor.
  bool master_done = false;  // `position` has come round: only `names` are left of this master.
  std::vector<std::string> names;
};

// Printable text.
std::string FormatCursor(const ScanCursor& cursor);

// INVALID_ARGUMENT when FormatCursor never returned `text`.
absl::StatusOr<ScanCursor> ParseCursor(absl::string_view text);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SCAN_CURSOR_H_
