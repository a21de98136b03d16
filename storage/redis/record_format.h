#ifndef TWOFOLD_STORAGE_REDIS_RECORD_FORMAT_H_
#define TWOFOLD_STORAGE_REDIS_RECORD_FORMAT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/storage.h"

namespace twofold::redis {

// A version as scripts compare it: eight bytes, big-endian; "" for kAbsent.
std::string VersionBytes(Version version);

// What a Redis string that holds a record says. UNAVAILABLE when it was not written by us.
absl::StatusOr<VersionedBytes> ReadRecord(absl::string_view value);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_RECORD_FORMAT_H_
