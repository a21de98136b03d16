#ifndef TWOFOLD_SERVER_STORE_MIGRATE_STORE_DIGEST_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_STORE_DIGEST_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/storage.h"

namespace twofold {

// Keyed hash of a record's key and bytes, cut to what makes chance meetings impossible.
using RecordDigest = std::array<uint8_t, 16>;

// What a store holds beside its marker, in whatever order and with whatever versions.
struct StoreDigest {
  int64_t records = 0;
  // Of all values.
  int64_t bytes = 0;
  // 64 hexadecimal digits. Equal exactly when the stores hold the same keys with the same bytes.
  std::string checksum;
  // Sorted, one for each record: 16 bytes of memory per record.
  std::vector<RecordDigest> digests;
};

// Reads everything once; blocks. A record that a Scan returns twice counts once. `progress` gets the number
// of records read so far.
absl::StatusOr<StoreDigest> DigestStore(Storage& storage, const std::function<void(int64_t)>& progress);

// How many of `in` are not in `other`.
int64_t CountMissing(const StoreDigest& in, const StoreDigest& other);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_STORE_DIGEST_H_
