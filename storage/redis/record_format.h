#ifndef TWOFOLD_STORAGE_REDIS_RECORD_FORMAT_H_
#define TWOFOLD_STORAGE_REDIS_RECORD_FORMAT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/redis/reply.h"
#include "storage/storage.h"

namespace twofold::redis {

// A version in the form that scripts compare: eight bytes, big-endian. Empty for kAbsent.
std::string VersionBytes(Version version);

// Reads the string that Redis stores for a record. UNAVAILABLE when Twofold did not write it.
absl::StatusOr<VersionedBytes> ReadRecord(absl::string_view value);

// The record in the reply to a GET. NOT_FOUND for a nil reply.
absl::StatusOr<VersionedBytes> RecordIn(const Reply& reply);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_RECORD_FORMAT_H_
