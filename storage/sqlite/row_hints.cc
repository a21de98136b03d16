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

}  // namespace

RowHints::RowHints(size_t slots) : mask_(slots - 1), slots_(Zeros(slots)) {}

void RowHints::Store(absl::string_view key, int64_t row) {
  if (row <= 0 || static_cast<uint64_t>(row) > kRowMask) return;
  const uint64_t hash = absl::HashOf(key);
  std::atomic_ref(SlotOf(hash))
      .store((hash & ~kRowMask) | static_cast<uint64_t>(row), std::memory_order_relaxed);
}

int64_t RowHints::Find(absl::string_view key) const {
  const uint64_t hash = absl::HashOf(key);
  const uint64_t slot = std::atomic_ref(SlotOf(hash)).load(std::memory_order_relaxed);
  return (slot & ~kRowMask) == (hash & ~kRowMask) ? static_cast<int64_t>(slot & kRowMask) : 0;
}

}  // namespace twofold
