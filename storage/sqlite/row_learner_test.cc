#include "storage/sqlite/row_learner.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

constexpr absl::Duration kLong = absl::Seconds(60);

std::string Key(int i) { return absl::StrCat("key", i); }

class RowLearnerTest : public ::testing::Test {
 protected:
  void Fill(int records) {
    const std::unique_ptr<SqliteStorage> storage = OpenSqliteStorage(file_).value();
    StorageClient client(*storage);
    for (int i = 1; i <= records; ++i) EXPECT_TRUE(client.Put(Key(i), "one", kAbsent, 1).ok());
  }
  int64_t Row(const std::string& key) {
    SQLite::Statement row(connection().db, "SELECT rowid FROM record WHERE key = CAST(? AS BLOB)");
    row.bind(1, key);
    return row.executeStep() ? row.getColumn(0).getInt64() : 0;
  }
  PlainConnection& connection() {
    if (connection_ == nullptr) connection_ = std::make_unique<PlainConnection>(file_, SqliteOptions());
    return *connection_;
  }

  const TempFolder folder_;
  const std::string file_ = folder_ / "twofold.db";
  std::unique_ptr<PlainConnection> connection_;
};

TEST_F(RowLearnerTest, LearnsAllAPieceAtATime) {
  constexpr int kRecords = 2500;
  Fill(kRecords);
  RowHints hints(size_t{1} << 14);
  RowLearner learner(hints);
  int64_t learned = 0;
  int pieces = 0;
  while (const int64_t piece = learner.GoOn(connection(), absl::Nanoseconds(1))) {
    learned += piece;
    ++pieces;
  }
  EXPECT_EQ(learned, kRecords);
  EXPECT_GT(pieces, 1);
  for (int i = 1; i <= kRecords; ++i) EXPECT_EQ(hints.Find(Key(i)), Row(Key(i)));
}

TEST_F(RowLearnerTest, StopsWhereThereIsNoMoreRoom) {
  Fill(2500);
  RowHints hints(size_t{1} << 10);
  RowLearner learner(hints);
  EXPECT_EQ(learner.GoOn(connection(), kLong), 2000);
  EXPECT_EQ(learner.GoOn(connection(), kLong), 0);
}

TEST_F(RowLearnerTest, FindsNothingInAnEmptyDatabase) {
  Fill(0);
  RowHints hints(8);
  RowLearner learner(hints);
  EXPECT_EQ(learner.GoOn(connection(), kLong), 0);
}

TEST_F(RowLearnerTest, GivesUpWhatCannotBeRead) {
  Fill(10);
  connection().db.exec("DROP TABLE record");
  RowHints hints(8);
  RowLearner learner(hints);
  EXPECT_EQ(learner.GoOn(connection(), kLong), 0);
}

TEST_F(RowLearnerTest, AServerLearnsOnceThereIsLoad) {
  Fill(100);
  const std::unique_ptr<SqliteStorage> storage = OpenSqliteStorage(file_, {.checkpoint_bytes = 4096}).value();
  StorageClient client(*storage);
  EXPECT_EQ(storage->Stats().learned_rows, 0);
  for (Version version = 1; storage->Stats().learned_rows == 0; ++version) {
    ASSERT_TRUE(client.Put(Key(1), "more", version, version + 1).ok());
  }
  EXPECT_EQ(storage->Stats().learned_rows, 100);
}

}  // namespace
}  // namespace twofold
