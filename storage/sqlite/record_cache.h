#ifndef TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_
#define TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
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
  void Store(absl::string_view key, Version version, absl::string_view bytes);
  void Erase(absl::string_view key);
  void Clear();

 private:
  struct Entry;
  struct Free {
    void operator()(Entry* entry) const;
  };
  using OwnedEntry = std::unique_ptr<Entry, Free>;
  // By its key.
  struct Hash {
    using is_transparent = void;
    size_t operator()(absl::string_view key) const;
    size_t operator()(const OwnedEntry& entry) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const OwnedEntry& entry, absl::string_view key) const;
    bool operator()(const OwnedEntry& one, const OwnedEntry& other) const;
  };
  struct Shard {
    // Null: there is none.
    Entry* Find(absl::string_view key, size_t hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Add(OwnedEntry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Remove(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void MakeNewest(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Unlink(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

    absl::Mutex mutex;
    absl::flat_hash_set<OwnedEntry, Hash, Equal> entries ABSL_GUARDED_BY(mutex);
    // In the order of their last writing.
    Entry* newest ABSL_GUARDED_BY(mutex) = nullptr;
    Entry* oldest ABSL_GUARDED_BY(mutex) = nullptr;
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  // So that threads seldom meet.
  static constexpr size_t kShards = 64;

  // The high bits: the tables go by the low ones of the same hash.
  Shard& ShardOf(size_t hash) { return shards_[hash >> 48 & (kShards - 1)]; }

  const size_t shard_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_RECORD_CACHE_H_
