#ifndef TWOFOLD_STORAGE_REDIS_SCAN_CURSOR_H_
#define TWOFOLD_STORAGE_REDIS_SCAN_CURSOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold::redis {

// The position of a scan: the master, its own cursor, and the names that it returned and that did
// not fit into the page.
struct ScanCursor {
  uint64_t topology = 0;     // Topology::Fingerprint when the scan began.
  size_t master = 0;         // Index of Topology::masters.
  uint64_t position = 0;     // SCAN's cursor.
  bool master_done = false;  // SCAN has ended on this master, and only `names` are left.
  std::vector<std::string> names;
};

// The cursor as printable text.
std::string FormatCursor(const ScanCursor& cursor);

// INVALID_ARGUMENT: FormatCursor never returned `text`.
absl::StatusOr<ScanCursor> ParseCursor(absl::string_view text);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SCAN_CURSOR_H_
