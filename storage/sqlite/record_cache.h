#ifndef TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_
#define TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_

#include <array>
#include <cstddef>
#include <list>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "storage/storage.h"

namespace twofold {

// The records that were written last, as they stand in the database: whoever logs in has their record written
// each time, and is likely to come again. Only the writer fills it, in the order of its commits, and
// withholds what it is about to replace: from the moment at which readers of the database may see the next
// version until that is here, they are not given the old one. So what is found was never older than what
// anybody has seen before. Thread-safe; nothing waits here for a disk.
class RecordCache {
 public:
  // Takes about `max_bytes` of memory at most; 0 keeps nothing.
  explicit RecordCache(size_t max_bytes) : shard_bytes_(max_bytes / kShards) {}

  std::optional<VersionedBytes> Find(absl::string_view key);
  // It is not found any more, until it is stored again.
  void Withhold(absl::string_view key);
  void Store(absl::string_view key, VersionedBytes record);
  void Erase(absl::string_view key);
  void Clear();

 private:
  struct Entry {
    std::string key;
    VersionedBytes record;
    bool withheld = false;
  };
  struct Shard {
    absl::Mutex mutex;
    // The record that was written last comes first.
    std::list<Entry> entries ABSL_GUARDED_BY(mutex);
    // By the keys in there.
    absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> places ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  // So that threads seldom meet.
  static constexpr size_t kShards = 64;

  Shard& ShardOf(absl::string_view key);
  static size_t SizeOf(const Entry& entry);
  static void Remove(Shard& shard, std::list<Entry>::iterator entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const size_t shard_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_
