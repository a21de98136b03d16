// In which rows records lie, and how they are found when keys compete for the same rows. Keys that
// collide cannot be made up, since the hash has a random key, so the tests move records as an
// outside tool would.

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

constexpr int64_t kRowsPerKey = 4;

class SqliteRows : public ::testing::Test {
 protected:
  StorageClient client() { return StorageClient(*storage_); }

  int64_t RowOf(const std::string& key) {
    SQLite::Statement row(outside_, "SELECT row FROM record WHERE key = CAST(? AS BLOB)");
    row.bind(1, key);
    return row.executeStep() ? row.getColumn(0).getInt64() : -1;
  }
  int64_t Count() { return outside_.execAndGet("SELECT count(*) FROM record").getInt64(); }
  void MoveTo(int64_t row) { outside_.exec(absl::StrCat("UPDATE record SET row = ", row)); }
  void Occupy(int64_t row) {
    outside_.exec(absl::StrCat("INSERT INTO record VALUES (", row, ", CAST('other", row,
                               "' AS BLOB), 1, CAST('theirs' AS BLOB))"));
  }
  void Free(int64_t row) { outside_.exec(absl::StrCat("DELETE FROM record WHERE row = ", row)); }
  // The first row of "key", which has no record afterwards.
  int64_t FirstRow() {
    EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
    const int64_t first = RowOf("key");
    EXPECT_TRUE(client().Delete("key", 1).ok());
    return first;
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "twofold.db";
  const std::unique_ptr<SqliteStorage> storage_ = OpenSqliteStorage(path_, {.cache_bytes = 0}).value();
  SQLite::Database outside_{path_, SQLite::OPEN_READWRITE, 2000};
};

TEST_F(SqliteRows, ARecordIsReadWrittenAndDeletedInAnyOfItsRows) {
  const int64_t first = FirstRow();
  EXPECT_EQ(first % kRowsPerKey, 0);
  for (int64_t row = first; row < first + kRowsPerKey; ++row) {
    ASSERT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
    MoveTo(row);
    EXPECT_EQ(client().Get("key")->bytes, "one");
    EXPECT_TRUE(absl::IsAborted(client().Put("key", "again", kAbsent, 2)));
    EXPECT_TRUE(absl::IsAborted(client().Put("key", "two", 7, 2)));
    EXPECT_TRUE(client().Put("key", "two", 1, 2).ok());
    EXPECT_EQ(client().Get("key")->bytes, "two");
    EXPECT_EQ(RowOf("key"), row);
    EXPECT_EQ(client().ScanAll(1).size(), 1U);
    EXPECT_TRUE(absl::IsAborted(client().Delete("key", 1)));
    EXPECT_TRUE(client().Delete("key", 2).ok());
    EXPECT_EQ(Count(), 0);
  }
}

TEST_F(SqliteRows, ANewRecordTakesTheFirstFreeRow) {
  const int64_t first = FirstRow();
  Occupy(first);
  Occupy(first + 1);
  EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
  EXPECT_EQ(RowOf("key"), first + 2);
  EXPECT_EQ(client().Get("key")->bytes, "one");
  EXPECT_EQ(client().ScanAll(1).size(), 3U);
}

TEST_F(SqliteRows, ADeleteHidesNoRecordBehindIt) {
  const int64_t first = FirstRow();
  Occupy(first);
  Occupy(first + 1);
  ASSERT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
  Free(first);
  EXPECT_EQ(client().Get("key")->bytes, "one");
  Free(first + 1);
  EXPECT_EQ(client().Get("key")->bytes, "one");
  EXPECT_TRUE(absl::IsAborted(client().Put("key", "again", kAbsent, 2)));
  EXPECT_TRUE(client().Put("key", "two", 1, 2).ok());
  EXPECT_EQ(Count(), 1);
}

TEST_F(SqliteRows, AnotherKeysRecordIsNeitherReadNorChanged) {
  const int64_t first = FirstRow();
  for (int64_t row = first; row < first + 2; ++row) Occupy(row);
  EXPECT_TRUE(absl::IsNotFound(client().Get("key").status()));
  EXPECT_TRUE(absl::IsAborted(client().Put("key", "two", 1, 2)));
  EXPECT_TRUE(absl::IsAborted(client().Delete("key", 1)));
  for (const auto& [key, record] : client().ScanAll(10)) EXPECT_EQ(record.bytes, "theirs") << key;
  EXPECT_EQ(Count(), 2);
}

TEST_F(SqliteRows, AKeyWhoseRowsAreAllTakenIsRefusedAndNothingElseIs) {
  const int64_t first = FirstRow();
  for (int64_t row = first; row < first + kRowsPerKey; ++row) Occupy(row);
  EXPECT_TRUE(absl::IsUnavailable(client().Put("key", "one", kAbsent, 1)));
  EXPECT_TRUE(absl::IsNotFound(client().Get("key").status()));
  EXPECT_TRUE(client().Put("key2", "one", kAbsent, 1).ok());
  Free(first + 3);
  EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
}

// Otherwise somebody who knows the rows of one file could choose user ids that collide in another.
TEST_F(SqliteRows, EachFileHasAHashOfItsOwn) {
  const std::string other = folder_ / "other.db";
  ASSERT_TRUE(StorageClient(*OpenSqliteStorage(other).value()).Put("key", "one", kAbsent, 1).ok());
  EXPECT_NE(SQLite::Database(other).execAndGet("SELECT row FROM record").getInt64(), FirstRow());
}

}  // namespace
}  // namespace twofold
