#ifndef TWOFOLD_STORAGE_SQLITE_ROW_HINTS_H_
#define TWOFOLD_STORAGE_SQLITE_ROW_HINTS_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "absl/strings/string_view.h"

namespace twofold {

// Which row of its table a record is, for the records that were read or written last: with that SQLite needs
// no search in the index. No more than a hint. A record that is written anew after its end is another row,
// and two keys may look alike here: who goes by a hint compares the key, too. Thread-safe, without a lock.
class RowHints {
 public:
  // A table of `slots` of eight bytes each, a power of two and at least eight; they take memory when they are
  // used.
  explicit RowHints(size_t slots);

  // `row` is positive. Where there is no room another key's is given up.
  void Store(absl::string_view key, int64_t row) { Store(key, row, true); }
  // Only where there is room.
  void StoreIfFree(absl::string_view key, int64_t row) { Store(key, row, false); }
  // 0: none.
  int64_t Find(absl::string_view key) const;

  size_t slots() const { return (group_mask_ + 1) * kGroup; }

 private:
  struct Free {
    void operator()(uint64_t* slots) const { std::free(slots); }  // NOLINT(cppcoreguidelines-no-malloc)
  };

  // Slots that a key may have: one line of a processor's cache. A table that has as many keys as slots holds
  // six of seven of them then, with one slot for each it would be five of eight.
  static constexpr size_t kGroup = 8;

  void Store(absl::string_view key, int64_t row, bool in_place_of_another);
  // The one of the key with that hash, or else a free one; null: neither.
  uint64_t* FindSlot(uint64_t hash) const;

  const uint64_t group_mask_;
  // A row and, above it, bits of its key's hash. Only by std::atomic_ref.
  const std::unique_ptr<uint64_t[], Free> slots_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_ROW_HINTS_H_
