#include "storage/sqlite/record_cache.h"

#include <iterator>

#include "absl/hash/hash.h"

namespace twofold {
namespace {

// An entry's links, its place in the index, and what the allocator adds to its pieces of memory.
constexpr size_t kOverhead = 80;

}  // namespace

size_t RecordCache::Entry::footprint() const {
  return sizeof(Entry) + key.capacity() + bytes.capacity() + kOverhead;
}

void RecordCache::Shard::Remove(Entries::iterator entry) {
  bytes -= entry->footprint();
  index.erase(entry->key);
  entries.erase(entry);
}

RecordCache::Shard& RecordCache::ShardOf(absl::string_view key) {
  return shards_[absl::HashOf(key) % kShards];
}

std::optional<VersionedBytes> RecordCache::Find(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  const auto found = shard.index.find(key);
  if (found == shard.index.end() || found->second->withheld) return std::nullopt;
  return VersionedBytes{found->second->version, found->second->bytes};
}

void RecordCache::Withhold(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  if (const auto found = shard.index.find(key); found != shard.index.end()) found->second->withheld = true;
}

void RecordCache::Store(absl::string_view key, Version version, absl::string_view bytes) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  if (const auto found = shard.index.find(key); found != shard.index.end()) {
    shard.bytes -= found->second->footprint();
    shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  } else {
    shard.entries.emplace_front().key.assign(key.data(), key.size());
    shard.index.emplace(shard.entries.front().key, shard.entries.begin());
  }
  Entry& entry = shard.entries.front();
  entry.version = version;
  entry.withheld = false;
  // Memory of a record that has become much shorter would be held for nothing.
  if (entry.bytes.capacity() > 2 * bytes.size()) std::string().swap(entry.bytes);
  entry.bytes.assign(bytes.data(), bytes.size());
  shard.bytes += entry.footprint();
  while (shard.bytes > shard_bytes_) shard.Remove(std::prev(shard.entries.end()));
}

void RecordCache::Erase(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  if (const auto found = shard.index.find(key); found != shard.index.end()) shard.Remove(found->second);
}

void RecordCache::Clear() {
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    shard.index.clear();
    shard.entries.clear();
    shard.bytes = 0;
  }
}

}  // namespace twofold
