#include "storage/sqlite/record_cache.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "absl/hash/hash.h"

namespace twofold {
namespace {

// An entry's place in the table and what the allocator adds.
constexpr size_t kOverhead = 40;

}  // namespace

// One piece of memory with key and record behind it: most are not in the processor's caches when they are
// needed, and each piece more would have to be waited for.
struct RecordCache::Entry {
  static OwnedEntry New(absl::string_view key, size_t capacity) {
    void* const memory = ::operator new(sizeof(Entry) + key.size() + capacity);
    auto* const entry = new (memory) Entry{.key_size = key.size(), .capacity = capacity};
    std::memcpy(entry->text(), key.data(), key.size());
    return OwnedEntry(entry);
  }

  // Not for what has become much shorter: memory would be held for nothing.
  bool Suits(size_t bytes) const { return bytes <= capacity && capacity <= 2 * bytes; }

  char* text() { return reinterpret_cast<char*>(this + 1); }
  absl::string_view key() { return {text(), key_size}; }
  absl::string_view bytes() { return {text() + key_size, size}; }
  void Set(Version new_version, absl::string_view new_bytes) {
    version = new_version;
    size = new_bytes.size();
    std::memcpy(text() + key_size, new_bytes.data(), size);
    withheld = false;
  }
  size_t footprint() const { return sizeof(Entry) + key_size + capacity + kOverhead; }

  Entry* newer = nullptr;
  Entry* older = nullptr;
  Version version = kAbsent;
  size_t key_size;
  size_t size = 0;
  // For how many bytes there is room.
  size_t capacity;
  bool withheld = false;
};

void RecordCache::Free::operator()(Entry* entry) const {
  entry->~Entry();
  ::operator delete(entry);
}

size_t RecordCache::Hash::operator()(absl::string_view key) const { return absl::HashOf(key); }
size_t RecordCache::Hash::operator()(const OwnedEntry& entry) const { return (*this)(entry->key()); }

bool RecordCache::Equal::operator()(const OwnedEntry& entry, absl::string_view key) const {
  return entry->key() == key;
}
bool RecordCache::Equal::operator()(const OwnedEntry& one, const OwnedEntry& other) const {
  return one->key() == other->key();
}

RecordCache::Entry* RecordCache::Shard::Find(absl::string_view key, size_t hash) {
  const auto found = entries.find(key, hash);
  return found == entries.end() ? nullptr : found->get();
}

void RecordCache::Shard::Add(OwnedEntry entry) {
  bytes += entry->footprint();
  MakeNewest(*entry);
  entries.insert(std::move(entry));
}

void RecordCache::Shard::Remove(Entry& entry) {
  bytes -= entry.footprint();
  Unlink(entry);
  entries.erase(entries.find(entry.key()));
}

// Of one that is in no place.
void RecordCache::Shard::MakeNewest(Entry& entry) {
  entry.older = std::exchange(newest, &entry);
  (entry.older == nullptr ? oldest : entry.older->newer) = &entry;
}

void RecordCache::Shard::Unlink(Entry& entry) {
  (entry.newer == nullptr ? newest : entry.newer->older) = entry.older;
  (entry.older == nullptr ? oldest : entry.older->newer) = entry.newer;
  entry.newer = nullptr;
  entry.older = nullptr;
}

std::optional<VersionedBytes> RecordCache::Find(absl::string_view key) {
  const size_t hash = Hash()(key);
  Shard& shard = ShardOf(hash);
  absl::MutexLock lock(&shard.mutex);
  Entry* const entry = shard.Find(key, hash);
  if (entry == nullptr || entry->withheld) return std::nullopt;
  return VersionedBytes{entry->version, std::string(entry->bytes())};
}

void RecordCache::Withhold(absl::string_view key) {
  const size_t hash = Hash()(key);
  Shard& shard = ShardOf(hash);
  absl::MutexLock lock(&shard.mutex);
  if (Entry* const entry = shard.Find(key, hash); entry != nullptr) entry->withheld = true;
}

void RecordCache::Store(absl::string_view key, Version version, absl::string_view bytes) {
  const size_t hash = Hash()(key);
  Shard& shard = ShardOf(hash);
  absl::MutexLock lock(&shard.mutex);
  Entry* entry = shard.Find(key, hash);
  if (entry != nullptr && entry->Suits(bytes.size())) {
    shard.Unlink(*entry);
    shard.MakeNewest(*entry);
  } else {
    if (entry != nullptr) shard.Remove(*entry);
    OwnedEntry larger = Entry::New(key, bytes.size());
    entry = larger.get();
    shard.Add(std::move(larger));
  }
  entry->Set(version, bytes);
  while (shard.bytes > shard_bytes_) shard.Remove(*shard.oldest);
}

void RecordCache::Erase(absl::string_view key) {
  const size_t hash = Hash()(key);
  Shard& shard = ShardOf(hash);
  absl::MutexLock lock(&shard.mutex);
  if (Entry* const entry = shard.Find(key, hash); entry != nullptr) shard.Remove(*entry);
}

void RecordCache::Clear() {
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    shard.entries.clear();
    shard.newest = nullptr;
    shard.oldest = nullptr;
    shard.bytes = 0;
  }
}

}  // namespace twofold
