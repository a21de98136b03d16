#include "storage/sqlite/record_cache.h"

#include <utility>

#include "absl/hash/hash.h"

namespace twofold {
namespace {

// A record's place in a table, its two allocations, and what the allocator adds.
constexpr size_t kOverhead = 160;

}  // namespace

RecordCache::Shard& RecordCache::ShardOf(absl::string_view key) {
  // The high bits: the tables go by the low ones of the same hash.
  return shards_[absl::HashOf(key) >> 48 & (kShards - 1)];
}

size_t RecordCache::SizeOf(absl::string_view key, const VersionedBytes& record) {
  return key.size() + record.bytes.size() + kOverhead;
}

std::optional<VersionedBytes> RecordCache::Find(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  for (const Records* records : {&shard.young, &shard.old}) {
    if (const auto found = records->find(key); found != records->end()) return found->second;
  }
  return std::nullopt;
}

void RecordCache::Store(absl::string_view key, VersionedBytes record) {
  if (shard_bytes_ == 0) return;
  // Destroyed after the lock is released.
  Records forgotten;
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  if (shard.young_bytes >= shard_bytes_) {
    forgotten = std::exchange(shard.old, std::exchange(shard.young, Records()));
    shard.young_bytes = 0;
  }
  shard.old.erase(key);
  const auto [place, added] = shard.young.try_emplace(key);
  if (!added) shard.young_bytes -= SizeOf(key, place->second);
  shard.young_bytes += SizeOf(key, record);
  place->second = std::move(record);
}

void RecordCache::Erase(absl::string_view key) {
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  shard.old.erase(key);
  const auto found = shard.young.find(key);
  if (found == shard.young.end()) return;
  shard.young_bytes -= SizeOf(key, found->second);
  shard.young.erase(found);
}

void RecordCache::Clear() {
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    shard.young.clear();
    shard.old.clear();
    shard.young_bytes = 0;
  }
}

}  // namespace twofold
