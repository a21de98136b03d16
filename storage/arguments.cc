#include "storage/arguments.h"

#include "common/status_macros.h"

namespace twofold {

absl::Status CheckKey(absl::string_view key) {
  if (key.empty() || key.size() > kMaxKeyBytes)
    return absl::InvalidArgumentError("key must have 1 to 512 bytes");
  return absl::OkStatus();
}

absl::Status CheckPut(absl::string_view key, absl::string_view bytes, Version next) {
  TWOFOLD_RETURN_IF_ERROR(CheckKey(key));
  if (bytes.size() > kMaxValueBytes) return absl::InvalidArgumentError("value must have at most 64 KiB");
  if (next == kAbsent) return absl::InvalidArgumentError("next version must not be 0");
  return absl::OkStatus();
}

absl::Status CheckDelete(absl::string_view key, Version expected) {
  TWOFOLD_RETURN_IF_ERROR(CheckKey(key));
  if (expected == kAbsent) return absl::InvalidArgumentError("expected version of a deletion must not be 0");
  return absl::OkStatus();
}

absl::Status CheckScanLimit(int limit) {
  if (limit < 1 || limit > kMaxScanLimit) return absl::InvalidArgumentError("limit must be 1 to 1000");
  return absl::OkStatus();
}

}  // namespace twofold
