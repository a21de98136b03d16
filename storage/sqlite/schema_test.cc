#include "storage/sqlite/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

// Stands for the schema that no release wrote.
constexpr const char* kUnreleased = "";
constexpr const char* kFirst = "CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (1), (2)";
constexpr const char* kSecond = "ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 7";
constexpr const char* kThird = "UPDATE t SET b = a + b";
constexpr const char* kBroken = "UPDATE t SET b = 0; UPDATE nothing SET x = 0";

class SchemaTest : public ::testing::Test {
 protected:
  int Number(const char* sql) { return database_.execAndGet(sql).getInt(); }
  absl::Status MigrateTo(std::vector<const char*> migrations) { return Migrate(database_, migrations); }

  const TempFolder folder_;
  SQLite::Database database_{folder_ / "twofold.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
};

TEST_F(SchemaTest, AnEmptyFileGetsAllOfThem) {
  ASSERT_TRUE(MigrateTo({kUnreleased, kFirst, kSecond, kThird}).ok());
  EXPECT_EQ(Number("PRAGMA user_version"), 4);
  EXPECT_EQ(Number("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(Number("SELECT sum(b) FROM t"), 17);
}

TEST_F(SchemaTest, L6_AnOlderSchemaGetsWhatItMissesOnce) {
  ASSERT_TRUE(MigrateTo({kUnreleased, kFirst}).ok());
  ASSERT_TRUE(MigrateTo({kUnreleased, kFirst, kSecond, kThird}).ok());
  ASSERT_TRUE(MigrateTo({kUnreleased, kFirst, kSecond, kThird}).ok());
  EXPECT_EQ(Number("PRAGMA user_version"), 4);
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 2);
  EXPECT_EQ(Number("SELECT sum(b) FROM t"), 17);
}

TEST_F(SchemaTest, AFailedMigrationLeavesTheOldSchemaWhole) {
  ASSERT_TRUE(MigrateTo({kUnreleased, kFirst, kSecond}).ok());
  EXPECT_THROW(MigrateTo({kUnreleased, kFirst, kSecond, kThird, kBroken}).IgnoreError(), SQLite::Exception);
  EXPECT_EQ(Number("PRAGMA user_version"), 3);
  EXPECT_EQ(Number("SELECT sum(b) FROM t"), 14);
}

TEST_F(SchemaTest, ASchemaThatNoReleaseWroteIsRefused) {
  database_.exec(absl::StrCat("PRAGMA application_id = ", kApplicationId));
  database_.exec("PRAGMA user_version = 1");
  EXPECT_TRUE(absl::IsFailedPrecondition(MigrateTo({kUnreleased, kFirst})));
  EXPECT_EQ(Number("PRAGMA user_version"), 1);
}

TEST_F(SchemaTest, TheRealOnesRunFromEmpty) {
  const absl::Span<const char* const> migrations = Migrations();
  ASSERT_TRUE(Migrate(database_, migrations).ok());
  EXPECT_EQ(Number("PRAGMA user_version"), static_cast<int>(migrations.size()));
  EXPECT_EQ(Number("SELECT count(*) FROM record"), 0);
}

}  // namespace
}  // namespace twofold
