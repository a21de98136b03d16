#include "storage/sqlite/row_learner.h"

#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <utility>

#include "common/steady.h"

namespace twofold {
namespace {

// Read in one transaction, which takes part of a millisecond.
constexpr int kRowsAtOnce = 1000;

// Answered by the index alone.
constexpr const char* kRows = "SELECT key, rowid FROM record WHERE key > ?1 ORDER BY key LIMIT ?2";

}  // namespace

int64_t RowLearner::GoOn(PlainConnection& connection, absl::Duration budget) {
  const int64_t before = learned_;
  const SteadyTime end = SteadyAfter(budget);
  try {
    while (!done_) {
      LearnSome(connection);
      if (SteadyNow() >= end) break;
    }
  } catch (const SQLite::Exception&) {
    done_ = true;
  }
  // Pages that are not needed twice.
  if (learned_ > before) sqlite3_db_release_memory(connection.db.getHandle());
  return learned_ - before;
}

void RowLearner::LearnSome(PlainConnection& connection) {
  SQLite::Statement rows(connection.db, kRows);
  rows.bindNoCopy(1, known_.data(), static_cast<int>(known_.size()));
  rows.bind(2, kRowsAtOnce);
  std::string last;
  int read = 0;
  for (; rows.executeStep(); ++read) {
    const SQLite::Column key = rows.getColumn(0);
    last.assign(static_cast<const char*>(key.getBlob()), static_cast<size_t>(key.getBytes()));
    rows_.StoreIfFree(last, rows.getColumn(1).getInt64());
  }
  rows.reset();
  known_ = std::move(last);
  learned_ += read;
  done_ = read < kRowsAtOnce || learned_ >= static_cast<int64_t>(rows_.slots());
}

}  // namespace twofold
