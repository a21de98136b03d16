#include "storage/sqlite/row_hints.h"

#include <atomic>
#include <new>

#include "absl/hash/hash.h"

namespace twofold {
namespace {

// A million million rows; the rest tells most keys of one slot apart.
constexpr int kRowBits = 40;
constexpr uint64_t kRowMask = (uint64_t{1} << kRowBits) - 1;

// Zeroed memory that the system hands out when it is touched, which a container would do at once.
uint64_t* Zeros(size_t slots) {
  void* const zeros = std::calloc(slots, sizeof(uint64_t));  // NOLINT(cppcoreguidelines-no-malloc)
  if (zeros == nullptr) throw std::bad_alloc();
  return static_cast<uint64_t*>(zeros);
}

uint64_t Load(const uint64_t& slot) {
  return std::atomic_ref(const_cast<uint64_t&>(slot)).load(std::memory_order_relaxed);
}

uint64_t TagOf(uint64_t hash) { return hash & ~kRowMask; }

}  // namespace

RowHints::RowHints(size_t slots) : group_mask_(slots / kGroup - 1), slots_(Zeros(slots)) {}

uint64_t* RowHints::FindSlot(uint64_t hash) const {
  uint64_t* const group = &slots_[(hash & group_mask_) * kGroup];
  uint64_t* free = nullptr;
  for (uint64_t* slot = group; slot < group + kGroup; ++slot) {
    const uint64_t held = Load(*slot);
    if (held != 0 && TagOf(held) == TagOf(hash)) return slot;
    if (held == 0 && free == nullptr) free = slot;
  }
  return free;
}

void RowHints::Store(absl::string_view key, int64_t row, bool in_place_of_another) {
  if (row <= 0 || static_cast<uint64_t>(row) > kRowMask) return;
  const uint64_t hash = absl::HashOf(key);
  uint64_t* slot = FindSlot(hash);
  if (slot == nullptr && !in_place_of_another) return;
  // Always the same one, or a few keys would take all of a group.
  if (slot == nullptr) slot = &slots_[(hash & group_mask_) * kGroup + (hash >> kRowBits) % kGroup];
  std::atomic_ref(*slot).store(TagOf(hash) | static_cast<uint64_t>(row), std::memory_order_relaxed);
}

int64_t RowHints::Find(absl::string_view key) const {
  const uint64_t hash = absl::HashOf(key);
  const uint64_t* const slot = FindSlot(hash);
  if (slot == nullptr) return 0;
  const uint64_t held = Load(*slot);
  return TagOf(held) == TagOf(hash) ? static_cast<int64_t>(held & kRowMask) : 0;
}

}  // namespace twofold
