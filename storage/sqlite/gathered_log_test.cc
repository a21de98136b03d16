#include "storage/sqlite/gathered_log.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cerrno>
#include <string>

#include "storage/sqlite/disk_faults.h"
#include "storage/sqlite/temp_folder.h"

namespace twofold {
namespace {

class GatheredLog : public ::testing::Test {
 protected:
  GatheredLog() {
    db_.exec("PRAGMA page_size = 1024");
    db_.exec("PRAGMA journal_mode = WAL");
    db_.exec("PRAGMA synchronous = FULL");
    db_.exec("PRAGMA wal_autocheckpoint = 0");
    db_.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB)");
  }
  ~GatheredLog() override { HealDisk(); }

  // In one transaction, a row a page.
  int Write(int rows) {
    db_.exec("BEGIN");
    SQLite::Statement insert(db_, "INSERT INTO t (bytes) VALUES (zeroblob(900))");
    for (int i = 0; i < rows; ++i) {
      insert.exec();
      insert.reset();
    }
    const int code = db_.tryExec("COMMIT");
    // By some errors SQLite has done that already.
    if (code != SQLITE_OK) db_.tryExec("ROLLBACK");
    return code;
  }
  // As somebody sees it who knows nothing of this.
  int64_t SeenByOthers() const {
    SQLite::Database other(file_, SQLite::OPEN_READONLY);
    EXPECT_EQ(other.execAndGet("PRAGMA integrity_check").getString(), "ok");
    return other.execAndGet("SELECT count(*) FROM t").getInt64();
  }

  const TempFolder folder_;
  const std::string file_ = folder_ / "t.db";
  SQLite::Database db_{file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, GatheredLogVfs()};
};

TEST_F(GatheredLog, ATransactionIsOneWriteAndIsThereOnceItIsCommitted) {
  const int64_t before = LogWrites();
  EXPECT_EQ(Write(40), SQLITE_OK);
  EXPECT_EQ(LogWrites() - before, 1);
  EXPECT_FALSE(LogHasUnsyncedBytes());
  EXPECT_EQ(SeenByOthers(), 40);
}

// Above 128 KiB at once the system's file wrote a part, or nothing, and called the disk full.
TEST_F(GatheredLog, ALargeTransactionIsWrittenInSeveralPieces) {
  const int64_t before = LogWrites();
  EXPECT_EQ(Write(2000), SQLITE_OK);
  EXPECT_LT(LogWrites() - before, 50);
  EXPECT_EQ(SeenByOthers(), 2000);
}

// Such a transaction writes pages before it ends, and reads them again.
TEST_F(GatheredLog, WhatDoesNotFitTheCacheIsReadFromTheLog) {
  db_.exec("PRAGMA cache_size = 10");
  db_.exec("BEGIN");
  db_.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
      " INSERT INTO t SELECT i, randomblob(900) FROM n");
  db_.exec("UPDATE t SET bytes = zeroblob(800) WHERE id % 2 = 0");
  EXPECT_EQ(db_.execAndGet("SELECT count(*) FROM t WHERE length(bytes) = 800").getInt64(), 150);
  EXPECT_EQ(db_.tryExec("COMMIT"), SQLITE_OK);
  EXPECT_EQ(SeenByOthers(), 300);
}

TEST_F(GatheredLog, AFullDiskFailsTheCommitAndNothingOfItIsThere) {
  EXPECT_EQ(Write(10), SQLITE_OK);
  FailDisk(DiskCall::kWrite, ENOSPC);
  EXPECT_EQ(Write(10), SQLITE_FULL);
  HealDisk();
  EXPECT_EQ(SeenByOthers(), 10);
  EXPECT_EQ(Write(10), SQLITE_OK);
  EXPECT_EQ(SeenByOthers(), 20);
}

TEST_F(GatheredLog, AFailedWriteFailsTheCommit) {
  FailDisk(DiskCall::kWrite, EIO);
  EXPECT_EQ(Write(10) & 0xff, SQLITE_IOERR);
  HealDisk();
  EXPECT_EQ(SeenByOthers(), 0);
  EXPECT_EQ(Write(10), SQLITE_OK);
  EXPECT_EQ(SeenByOthers(), 10);
}

TEST_F(GatheredLog, ALogThatStartsAnewIsInOrder) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Write(100), SQLITE_OK);
    EXPECT_EQ(sqlite3_wal_checkpoint_v2(db_.getHandle(), nullptr,
                                        i % 2 == 0 ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_TRUNCATE,
                                        nullptr, nullptr),
              SQLITE_OK);
  }
  EXPECT_EQ(SeenByOthers(), 500);
}

}  // namespace
}  // namespace twofold
