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

// The records that were written last, as they stand in the database. A login writes the user's
// record, so users who log in again find it here. Thread-safe. No call waits for a disk.
//
// Only the writer fills the cache, in the order of its commits. Before a commit it withholds the
// records that the commit replaces: as soon as readers of the database may see the next version,
// the cache must not return the old one. So Find never returns anything older than what an earlier
// read returned.
class RecordCache {
 public:
  // Takes at most about `max_bytes` of memory. 0 keeps nothing.
  explicit RecordCache(size_t max_bytes) : shard_bytes_(max_bytes / kShards) {}

  std::optional<VersionedBytes> Find(absl::string_view key);
  // Find does not return the record until it is stored again.
  void Withhold(absl::string_view key);
  void Store(absl::string_view key, Version version, absl::string_view bytes);
  void Erase(absl::string_view key);
  void Clear();

 private:
  struct Entry {
    size_t footprint() const;

    std::string key;
    Version version = kAbsent;
    std::string bytes;
    bool withheld = false;
  };
  using Entries = std::list<Entry>;
  struct Shard {
    void Remove(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

    absl::Mutex mutex;
    // The entry that was written last comes first.
    Entries entries ABSL_GUARDED_BY(mutex);
    // Its keys are those of the entries.
    absl::flat_hash_map<absl::string_view, Entries::iterator> index ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  // Enough that threads seldom wait for each other.
  static constexpr size_t kShards = 64;

  Shard& ShardOf(absl::string_view key);

  const size_t shard_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_
