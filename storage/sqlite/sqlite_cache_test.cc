// The records that are read without SQLite.

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

class SqliteCache : public ::testing::Test {
 protected:
  void Open(const SqliteOptions& options = SqliteOptions()) {
    storage_.reset();
    storage_ = OpenSqliteStorage(file_, options).value();
  }
  StorageClient client() { return StorageClient(*storage_); }
  int64_t CachedReads() const { return storage_->Stats().cached_reads; }

  const TempFolder folder_;
  const std::string file_ = folder_ / "twofold.db";
  std::unique_ptr<SqliteStorage> storage_;
};

TEST_F(SqliteCache, WhatWasWrittenIsReadWithoutSqlite) {
  Open();
  EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
  EXPECT_EQ(client().Get("key")->bytes, "one");
  EXPECT_TRUE(client().Put("key", "two", 1, 2).ok());
  EXPECT_EQ(client().Get("key")->bytes, "two");
  EXPECT_EQ(client().Get("key")->version, 2);
  EXPECT_EQ(CachedReads(), 3);
  EXPECT_TRUE(client().Delete("key", 2).ok());
  EXPECT_TRUE(absl::IsNotFound(client().Get("key").status()));
  EXPECT_EQ(CachedReads(), 3);
}

TEST_F(SqliteCache, AReadDoesNotFillIt) {
  Open();
  EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
  Open();
  EXPECT_EQ(client().Get("key")->bytes, "one");
  EXPECT_EQ(client().Get("key")->bytes, "one");
  EXPECT_EQ(CachedReads(), 0);
}

TEST_F(SqliteCache, WithoutItEveryReadIsSqlites) {
  Open({.cache_bytes = 0});
  EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
  EXPECT_EQ(client().Get("key")->bytes, "one");
  EXPECT_EQ(CachedReads(), 0);
}

// A record that somebody changed behind the server's back would otherwise be in conflict with every
// write.
TEST_F(SqliteCache, AnOutsideToolsWriteIsNoticedByTheNextWrite) {
  Open();
  EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
  EXPECT_TRUE(client().Put("other", "one", kAbsent, 1).ok());
  SQLite::Database(file_, SQLite::OPEN_READWRITE, 2000)
      .exec("UPDATE record SET version = 7, bytes = CAST('theirs' AS BLOB)");
  EXPECT_TRUE(absl::IsAborted(client().Put("key", "two", 1, 2)));
  EXPECT_EQ(client().Get("key")->bytes, "theirs");
  EXPECT_EQ(client().Get("other")->bytes, "theirs");
  EXPECT_TRUE(client().Put("key", "two", 7, 8).ok());
  EXPECT_EQ(client().Get("key")->bytes, "two");
}

TEST_F(SqliteCache, AnOutsideToolsWriteIsNoticedByTheNextReadinessCheck) {
  Open();
  EXPECT_TRUE(client().Put("key", "one", kAbsent, 1).ok());
  SQLite::Database(file_, SQLite::OPEN_READWRITE, 2000)
      .exec("UPDATE record SET version = 7, bytes = CAST('theirs' AS BLOB)");
  EXPECT_TRUE(SyncWait(storage_->CheckReady()).ok());
  EXPECT_EQ(client().Get("key")->bytes, "theirs");
}

TEST_F(SqliteCache, ADatabaseThatOutgrowsThePageCacheIsNoLongerKeptInMemory) {
  const SqliteOptions options = {.checkpoint_bytes = 4096, .whole_file_bytes = int64_t{64} << 10};
  Open(options);
  EXPECT_EQ(storage_->Stats().page_cache_bytes, options.whole_file_bytes);
  const std::string record(4096, 'x');
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(client().Put(absl::StrCat("key", i), record, kAbsent, 1).ok());
  EXPECT_TRUE(SyncWait(storage_->CheckReady()).ok());
  const int64_t afterwards = storage_->Stats().page_cache_bytes;
  EXPECT_NE(afterwards, options.whole_file_bytes);
  Open(options);
  EXPECT_EQ(storage_->Stats().page_cache_bytes, afterwards);
}

}  // namespace
}  // namespace twofold
