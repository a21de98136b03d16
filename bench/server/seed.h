#ifndef TWOFOLD_BENCH_SERVER_SEED_H_
#define TWOFOLD_BENCH_SERVER_SEED_H_

#include <cstdint>

#include "absl/status/status.h"
#include "common/clock.h"
#include "crypto/key_ring.h"
#include "storage/storage.h"
#include "twofold/internal/v1/record.pb.h"

namespace twofold::bench {

// Returns the record of a user with one TOTP device, in use for a while, and ten backup codes. It
// is as large as a real one. The hashes of the backup codes are random bytes, because real ones
// would take time.
internal::v1::SubjectRecord MakeRecord(const KeyRing& ring, int64_t subject, UnixMillis now);

// Stores the records of users 0 … subjects - 1, many at a time. Blocks.
absl::Status Seed(Storage& storage, const KeyRing& ring, int64_t subjects, UnixMillis now);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_SEED_H_
