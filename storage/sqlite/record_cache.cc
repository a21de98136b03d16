#include "storage/sqlite/record_cache.h"

#include <iterator>
#include <utility>

#include "absl/hash/hash.h"

namespace twofold {
namespace {

// An entry's places in list and table, its two texts' allocations, and what the allocator adds.
constexpr size_t kOverhead = 180;

}  // namespace

RecordCache::Shard& RecordCache::ShardOf(absl::string_view key) {
  // The high bits: the tables go by the low ones of the same hash.
  return shards_[absl::HashOf(key) >> 48 & (kShards - 1)];
}

size_t RecordCache::SizeOf(const Entry& entry) {
  return entry.key.size() + entry.record.bytes.size() + kOverhead;
}

void RecordCache::Remove(Shard& shard, std::list<Entry>::iterator entry) {
  shard.bytes -= SizeOf(*entry);
  shard.places.erase(entry->key);
  shard.entries.erase(entry);
}

std::optional<VersionedBytes> RecordCache::Find(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  const auto found = shard.places.find(key);
  if (found == shard.places.end() || found->second->withheld) return std::nullopt;
  return found->second->record;
}

void RecordCache::Withhold(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  const auto found = shard.places.find(key);
  if (found != shard.places.end()) found->second->withheld = true;
}

void RecordCache::Store(absl::string_view key, VersionedBytes record) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  if (const auto found = shard.places.find(key); found != shard.places.end()) {
    Entry& entry = *found->second;
    shard.bytes += record.bytes.size() - entry.record.bytes.size();
    entry.record = std::move(record);
    entry.withheld = false;
    shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  } else {
    shard.entries.push_front({std::string(key), std::move(record), false});
    shard.places.emplace(shard.entries.front().key, shard.entries.begin());
    shard.bytes += SizeOf(shard.entries.front());
  }
  while (shard.bytes > shard_bytes_) Remove(shard, std::prev(shard.entries.end()));
}

void RecordCache::Erase(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  const auto found = shard.places.find(key);
  if (found != shard.places.end()) Remove(shard, found->second);
}

void RecordCache::Clear() {
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    shard.places.clear();
    shard.entries.clear();
    shard.bytes = 0;
  }
}

}  // namespace twofold
