#ifndef TWOFOLD_STORAGE_ARGUMENTS_H_
#define TWOFOLD_STORAGE_ARGUMENTS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/storage.h"

// The bounds of storage.h, which every backend checks in the same way. The functions return
// INVALID_ARGUMENT that names the argument and never shows its content.

namespace twofold {

inline constexpr size_t kMaxKeyBytes = 512;
inline constexpr size_t kMaxValueBytes = size_t{64} * 1024;
inline constexpr int kMaxScanLimit = 1000;
// A page that holds this much ends early, so that a scan of large records does not fill memory.
inline constexpr size_t kMaxPageBytes = size_t{1024} * 1024;

absl::Status CheckKey(absl::string_view key);
absl::Status CheckPut(absl::string_view key, absl::string_view bytes, Version next);
// Refuses kAbsent as `expected`, because that would remove nothing.
absl::Status CheckDelete(absl::string_view key, Version expected);
absl::Status CheckScanLimit(int limit);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_ARGUMENTS_H_
