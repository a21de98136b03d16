#ifndef TWOFOLD_STORAGE_SQLITE_ROW_HINTS_H_
#define TWOFOLD_STORAGE_SQLITE_ROW_HINTS_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "absl/strings/string_view.h"

namespace twofold {

// Which row of its table a record is, for the records that were read or written last: with that SQLite needs
// no search in the index. No more than a hint. Keys share slots, and a record that is written anew after its
// end is another row: who goes by a hint compares the key, too. Thread-safe, without a lock.
class RowHints {
 public:
  // A table of `slots`, a power of two, of eight bytes each; they take memory when they are used.
  explicit RowHints(size_t slots);

  // `row` is positive.
  void Store(absl::string_view key, int64_t row);
  // 0: none.
  int64_t Find(absl::string_view key) const;

 private:
  struct Free {
    void operator()(uint64_t* slots) const { std::free(slots); }  // NOLINT(cppcoreguidelines-no-malloc)
  };

  uint64_t& SlotOf(uint64_t hash) const { return slots_[hash & mask_]; }

  const uint64_t mask_;
  // A row and, above it, bits of its key's hash. Only by std::atomic_ref.
  const std::unique_ptr<uint64_t[], Free> slots_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_ROW_HINTS_H_
