#ifndef TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_
#define TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "storage/storage.h"

namespace twofold {

// The records that were written last, as they stand in the database: whoever logs in has their record written
// each time, and is likely to come again. Only the writer fills it, in the order of its commits, so that what
// is found here was never older than what was found before. Thread-safe; nothing waits here for a disk.
class RecordCache {
 public:
  // Takes about `max_bytes` of memory at most; 0 keeps nothing.
  explicit RecordCache(size_t max_bytes) : shard_bytes_(max_bytes / kShards / 2) {}

  std::optional<VersionedBytes> Find(absl::string_view key);
  void Store(absl::string_view key, VersionedBytes record);
  void Erase(absl::string_view key);
  void Clear();

 private:
  using Records = absl::flat_hash_map<std::string, VersionedBytes>;

  // Records age in two generations instead of a list: when the young ones have filled their half, they become
  // the old ones, and what was old and has not been written since is gone. A key is in one of them.
  struct Shard {
    absl::Mutex mutex;
    Records young ABSL_GUARDED_BY(mutex);
    Records old ABSL_GUARDED_BY(mutex);
    size_t young_bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  // So many that one generation is destroyed in well under a millisecond.
  static constexpr size_t kShards = 256;

  Shard& ShardOf(absl::string_view key);
  static size_t SizeOf(absl::string_view key, const VersionedBytes& record);

  // Of one generation.
  const size_t shard_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_
