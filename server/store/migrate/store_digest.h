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

// The first 16 bytes of a keyed hash of a record's key and bytes. Two records do not share one by chance.
using RecordDigest = std::array<uint8_t, 16>;

// What a store holds beside its marker. Neither the order nor the versions of records count.
struct StoreDigest {
  int64_t records = 0;
  // Of all values.
  int64_t bytes = 0;
  // 64 hexadecimal digits. Equal exactly when the stores hold the same keys with the same bytes.
  std::string checksum;
  // Sorted, one for each record: 16 bytes of memory per record.
  std::vector<RecordDigest> digests;
};

// Reads everything once, and blocks. A record that a Scan returns twice counts once. `progress` gets the
// number of records that were read so far.
absl::StatusOr<StoreDigest> DigestStore(Storage& storage, const std::function<void(int64_t)>& progress);

// How many of `in` are not in `other`.
int64_t CountMissing(const StoreDigest& in, const StoreDigest& other);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_STORE_DIGEST_H_
