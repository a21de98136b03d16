#ifndef TWOFOLD_STORAGE_SQLITE_ROW_LEARNER_H_
#define TWOFOLD_STORAGE_SQLITE_ROW_LEARNER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/row_hints.h"

namespace twofold {

// Goes through the index once, a piece at a time, and tells `rows` where records are before they are asked
// for: after a start nobody's row is known. For one thread at a time; `rows` outlives it.
class RowLearner {
 public:
  explicit RowLearner(RowHints& rows) : rows_(rows) {}

  // The next piece, which takes about `budget`: how many rows it had. 0 once all are known, or as many as
  // `rows` has room for, or the index could not be read, which is left to whoever needs it.
  int64_t GoOn(PlainConnection& connection, absl::Duration budget);

 private:
  void LearnSome(PlainConnection& connection);

  RowHints& rows_;
  // All up to this key are known.
  std::string known_;
  int64_t learned_ = 0;
  bool done_ = false;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_ROW_LEARNER_H_
