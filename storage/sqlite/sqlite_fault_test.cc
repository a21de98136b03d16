// What a failing, full or slow disk does to the storage.
#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/async.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/conformance/storage_client.h"
#include "tests/harness/await.h"
#include "tests/harness/disk_faults.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

constexpr absl::StatusCode kAborted = absl::StatusCode::kAborted;
constexpr absl::StatusCode kOk = absl::StatusCode::kOk;
constexpr absl::StatusCode kUnavailable = absl::StatusCode::kUnavailable;
constexpr absl::StatusCode kUnknown = absl::StatusCode::kUnknown;

Task<absl::StatusOr<bool>> AsStatusOr(Task<absl::Status> flow) {
  absl::Status status = co_await std::move(flow);
  if (!status.ok()) co_return status;
  co_return true;
}

class SqliteFaultTest : public ::testing::Test {
 protected:
  SqliteFaultTest() { Open(SqliteOptions()); }
  ~SqliteFaultTest() override { HealDisk(); }

  void Open(const SqliteOptions& options) {
    storage_.reset();
    storage_ = OpenSqliteStorage(path_, options).value();
  }

  StorageClient client() { return StorageClient(*storage_); }
  absl::Status Ready() { return SyncWait(storage_->CheckReady()); }

  // The storage heals itself on a thread of its own.
  bool BecomesReady() {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (!Ready().ok()) {
      if (absl::Now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  // Starts a Put whose flow runs on context_; results_[i] is its status.
  void StartPut(const std::string& key, Version expected, Version next) {
    const size_t index = results_.size();
    results_.emplace_back(absl::InternalError("not answered"));
    Spawn(context_.get_executor(), in_flight_, AsStatusOr(storage_->Put(key, value_, expected, next)),
          [this, index](const absl::StatusOr<bool>& result) { results_[index] = result.status(); });
    context_.poll();
  }

  std::vector<absl::StatusCode> Results() {
    context_.restart();
    context_.run();
    std::vector<absl::StatusCode> codes;
    for (const absl::Status& result : results_) codes.push_back(result.code());
    return codes;
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "twofold.db";
  std::unique_ptr<SqliteStorage> storage_;
  std::string value_ = "v";
  asio::io_context context_;
  InFlight in_flight_;
  std::vector<absl::Status> results_;
};

TEST_F(SqliteFaultTest, L3_AFullDiskRefusesWritesAndServesReads) {
  ASSERT_EQ(client().Put("k", "old", kAbsent, 1).code(), kOk);
  FailDisk(DiskCall::kWrite, ENOSPC);
  const absl::Status put = client().Put("k", "new", 1, 2);
  EXPECT_EQ(put.code(), kUnavailable);
  EXPECT_THAT(std::string(put.message()), HasSubstr("full"));
  EXPECT_EQ(client().Get("k")->version, 1U);
  EXPECT_EQ(Ready().code(), kUnavailable);
  HealDisk();
  EXPECT_EQ(Ready().code(), kOk);
  EXPECT_EQ(client().Get("k")->version, 1U);
  EXPECT_EQ(client().Put("k", "new", 1, 3).code(), kOk);
  EXPECT_EQ(storage_->Stats().reopens, 0);
}

TEST_F(SqliteFaultTest, L3_AWriteRefusedByAFullDiskNeverComesBack) {
  ASSERT_EQ(client().Put("k", "old", kAbsent, 1).code(), kOk);
  FailDisk(DiskCall::kWrite, ENOSPC);
  EXPECT_EQ(client().Put("k", "new", 1, 2).code(), kUnavailable);
  HealDisk();
  Open(SqliteOptions());
  EXPECT_EQ(client().Get("k")->version, 1U);
}

TEST_F(SqliteFaultTest, L3_AFailedSyncIsUnknownAndStopsEverythingUntilReopened) {
  ASSERT_EQ(client().Put("k", "old", kAbsent, 1).code(), kOk);
  FailDisk(DiskCall::kSync, EIO);
  EXPECT_EQ(client().Put("k", "new", 1, 2).code(), kUnknown);
  EXPECT_EQ(client().Get("k").status().code(), kUnavailable);
  EXPECT_EQ(client().Put("other", "v", kAbsent, 1).code(), kUnavailable);
  EXPECT_EQ(client().Scan("", 10).status().code(), kUnavailable);
  EXPECT_THAT(std::string(Ready().message()), HasSubstr("re-opened"));
  HealDisk();
  ASSERT_TRUE(BecomesReady());
  EXPECT_GE(storage_->Stats().reopens, 1);
  // Either is right, but it must be settled.
  const Version settled = client().VersionOf("k");
  EXPECT_TRUE(settled == 1 || settled == 2) << settled;
  Open(SqliteOptions());
  EXPECT_EQ(client().VersionOf("k"), settled);
  EXPECT_EQ(client().VersionOf("other"), kAbsent);
  EXPECT_EQ(client().Put("k", "newer", settled, 3).code(), kOk);
}

TEST_F(SqliteFaultTest, L3_AFailedWriteOfTheLogIsUnknownAndHealsByItself) {
  ASSERT_EQ(client().Put("k", "old", kAbsent, 1).code(), kOk);
  FailDisk(DiskCall::kWrite, EIO);
  EXPECT_EQ(client().Put("k", "new", 1, 2).code(), kUnknown);
  HealDisk();
  ASSERT_TRUE(BecomesReady());
  EXPECT_EQ(client().VersionOf("k"), 1U);
  EXPECT_EQ(client().Put("k", "new", 1, 3).code(), kOk);
}

TEST_F(SqliteFaultTest, InAFailedBatchAConflictIsCertain) {
  ASSERT_EQ(client().Put("taken", "v", kAbsent, 1).code(), kOk);
  StalledSync stalled;
  StartPut("first", kAbsent, 1);
  ASSERT_TRUE(stalled.WaitUntilStalled());
  StartPut("second", kAbsent, 1);
  StartPut("taken", kAbsent, 2);
  FailDisk(DiskCall::kSync, EIO);
  stalled.Release();
  // The first is alone in its batch; the others are the next one, which is refused at once.
  EXPECT_EQ(Results(), (std::vector{kUnknown, kUnavailable, kUnavailable}));
}

TEST_F(SqliteFaultTest, InABatchWhoseCommitFailedAConflictIsCertain) {
  ASSERT_EQ(client().Put("taken", "v", kAbsent, 1).code(), kOk);
  StalledSync first_sync;
  StartPut("first", kAbsent, 1);
  ASSERT_TRUE(first_sync.WaitUntilStalled());
  StartPut("second", kAbsent, 1);
  StartPut("taken", kAbsent, 2);
  StartPut("third", kAbsent, 1);
  // Hand over from the first sync to the second without a moment in which it could slip through.
  FailDisk(DiskCall::kWrite, EIO);
  first_sync.Release();
  EXPECT_EQ(Results(), (std::vector{kOk, kUnknown, kUnavailable, kUnknown}));
}

TEST_F(SqliteFaultTest, WhatQueuedDuringOneCommitIsTheNext) {
  const SqliteStats before = storage_->Stats();
  StalledSync stalled;
  StartPut("first", kAbsent, 1);
  ASSERT_TRUE(stalled.WaitUntilStalled());
  for (int i = 0; i < 100; ++i) StartPut(absl::StrCat("k", i), kAbsent, 1);
  StartPut("k50", kAbsent, 2);
  stalled.Release();
  std::vector<absl::StatusCode> expected(102, kOk);
  expected.back() = kAborted;
  EXPECT_EQ(Results(), expected);
  EXPECT_EQ(storage_->Stats().commits - before.commits, 2);
  EXPECT_EQ(storage_->Stats().writes - before.writes, 101);
}

TEST_F(SqliteFaultTest, L3_ASlowDiskHoldsUpNeitherReadsNorTheCallersThread) {
  ASSERT_EQ(client().Put("k", "old", kAbsent, 1).code(), kOk);
  StalledSync stalled;
  StartPut("k", 1, 2);
  ASSERT_TRUE(stalled.WaitUntilStalled());
  EXPECT_EQ(client().VersionOf("k"), 1U);
  EXPECT_EQ(client().ScanAll(10).size(), 1U);
  EXPECT_EQ(in_flight_.count(), 1);
  stalled.Release();
  EXPECT_EQ(Results(), std::vector{kOk});
  EXPECT_EQ(client().VersionOf("k"), 2U);
}

TEST_F(SqliteFaultTest, AFullQueueRefusesAtOnce) {
  SqliteOptions options;
  options.max_queued = 10;
  Open(options);
  StalledSync stalled;
  StartPut("first", kAbsent, 1);
  ASSERT_TRUE(stalled.WaitUntilStalled());
  for (int i = 0; i < 12; ++i) StartPut(absl::StrCat("k", i), kAbsent, 1);
  stalled.Release();
  std::vector<absl::StatusCode> expected(13, kOk);
  expected[11] = expected[12] = kUnavailable;
  EXPECT_EQ(Results(), expected);
  EXPECT_EQ(results_.back().message(), "storage queue is full");
}

TEST_F(SqliteFaultTest, L1_NothingIsAcknowledgedBeforeItIsSynced) {
  for (Version version = 1; version <= 20; ++version) {
    ASSERT_EQ(client().Put("k", "v", version - 1, version).code(), kOk);
    EXPECT_FALSE(LogHasUnsyncedBytes());
  }
  ASSERT_EQ(client().Delete("k", 20).code(), kOk);
  EXPECT_FALSE(LogHasUnsyncedBytes());
}

TEST_F(SqliteFaultTest, AFileThatWasReplacedIsNeitherWrittenNorRead) {
  ASSERT_EQ(client().Put("k", "v", kAbsent, 1).code(), kOk);
  std::filesystem::rename(path_, folder_ / "elsewhere");
  const absl::Status put = client().Put("k", "v", 1, 2);
  EXPECT_EQ(put.code(), kUnavailable);
  EXPECT_THAT(std::string(put.message()), HasSubstr("moved"));
  EXPECT_EQ(Ready().code(), kUnavailable);
  EXPECT_EQ(client().Get("k").status().code(), kUnavailable);
  EXPECT_EQ(client().Get("unknown").status().code(), kUnavailable);
  std::filesystem::rename(folder_ / "elsewhere", path_);
  ASSERT_TRUE(BecomesReady());
  EXPECT_EQ(client().Put("k", "v", 1, 3).code(), kOk);
}

// Such as a backup that was put in its place: it does not know which codes have been used since.
TEST_F(SqliteFaultTest, AFileThatTookItsPlaceIsNeverReOpened) {
  ASSERT_EQ(client().Put("k", "old", kAbsent, 1).code(), kOk);
  Open(SqliteOptions());
  const std::string backup = folder_ / "backup.db";
  std::filesystem::copy_file(path_, backup);
  ASSERT_EQ(client().Put("k", "new", 1, 2).code(), kOk);
  FailDisk(DiskCall::kSync, EIO);
  ASSERT_EQ(client().Put("other", "v", kAbsent, 1).code(), kUnknown);
  std::filesystem::rename(path_, folder_ / "elsewhere");
  std::filesystem::rename(path_ + "-wal", folder_ / "elsewhere-wal");
  std::filesystem::rename(backup, path_);
  HealDisk();
  // It is tried in any case.
  for (const absl::Time end = absl::Now() + absl::Seconds(1); absl::Now() < end; std::this_thread::yield()) {
    const absl::Status get = client().Get("k").status();
    ASSERT_EQ(get.code(), kUnavailable);
    if (absl::StrContains(get.message(), "moved, replaced or deleted")) break;
  }
  EXPECT_THAT(std::string(client().Get("k").status().message()), HasSubstr("moved, replaced or deleted"));
  EXPECT_THAT(std::string(Ready().message()), HasSubstr("put it back, or restart"));
  std::filesystem::rename(folder_ / "elsewhere", path_);
  std::filesystem::rename(folder_ / "elsewhere-wal", path_ + "-wal");
  ASSERT_TRUE(BecomesReady());
  EXPECT_EQ(client().VersionOf("k"), 2U);
}

TEST_F(SqliteFaultTest, ANameThatLeadsElsewhereIsNotReady) {
  const std::string link = folder_ / "link.db";
  std::filesystem::create_symlink(path_, link);
  storage_.reset();
  storage_ = OpenSqliteStorage(link).value();
  EXPECT_EQ(Ready().code(), kOk);
  std::filesystem::remove(link);
  EXPECT_THAT(std::string(Ready().message()), HasSubstr("link.db was moved, replaced or deleted"));
  std::filesystem::create_symlink(path_, link);
  EXPECT_TRUE(BecomesReady());
}

class SqliteLogTest : public SqliteFaultTest {
 protected:
  static constexpr int64_t kMaxPages = 1000;
  static constexpr int64_t kPageSize = 1024;

  SqliteLogTest() {
    SqliteOptions options;
    options.checkpoint_bytes = kMaxPages / 4 * kPageSize;
    options.max_wal_bytes = kMaxPages * kPageSize;
    Open(options);
    value_.assign(300, 'v');
  }

  // Creates `count` records, each of which changes at least one page, 25 at a time.
  void Write(int count) {
    for (int i = 0; i < count; ++i) {
      StartPut(absl::StrCat("k", created_++), kAbsent, 1);
      if (i % 25 != 24) continue;
      EXPECT_THAT(Results(), ::testing::Each(kOk));
      results_.clear();
    }
  }

  int64_t LogPages() { return static_cast<int64_t>(std::filesystem::file_size(path_ + "-wal")) / kPageSize; }

  int created_ = 0;
};

TEST_F(SqliteLogTest, L8_StaysBounded) {
  Write(5000);
  // The log cannot start anew while a checkpoint runs in the background. Then it grows by a quarter
  // before the next attempt.
  EXPECT_LT(LogPages(), 2 * kMaxPages);
  EXPECT_GT(storage_->Stats().wal_restarts + storage_->Stats().checkpoints, 5);
}

TEST_F(SqliteLogTest, ALongReaderDelaysTheRestartAndNothingElse) {
  Write(100);
  SQLite::Database outsider(path_, SQLite::OPEN_READONLY);
  SQLite::Statement snapshot(outsider, "SELECT key FROM record");
  ASSERT_TRUE(snapshot.executeStep());
  Write(1500);
  EXPECT_GT(LogPages(), kMaxPages);
  EXPECT_GT(storage_->Stats().failed_checkpoints, 0);
  snapshot.reset();
  Write(1000);
  EXPECT_LT(storage_->Stats().wal_pages, 2 * kMaxPages);
  EXPECT_LT(LogPages(), 2 * kMaxPages);
}

// Another program that reads. While it does, no checkpoint can copy what was written later, or
// empty the log.
class Outsider {
 public:
  explicit Outsider(const std::string& path)
      : db_(path, SQLite::OPEN_READONLY), snapshot_(db_, "SELECT key FROM record") {
    EXPECT_TRUE(snapshot_.executeStep());
  }

 private:
  SQLite::Database db_;
  SQLite::Statement snapshot_;
};

class SqliteSyncTest : public SqliteLogTest {
 protected:
  SqliteSyncTest() {
    OpenWithWholeFileBytes(0);
    Write(25);
  }

  // The log never reaches its limit.
  void OpenWithWholeFileBytes(int64_t bytes) {
    Open({.checkpoint_bytes = 50 * kPageSize,
          .max_wal_bytes = 100'000 * kPageSize,
          .whole_file_bytes = bytes});
  }

  // Stops a checkpoint that has copied several hundred pages right before their sync, which will
  // fail.
  void FailSyncOfManyPages() {
    // Each record takes a page.
    value_.assign(900, 'v');
    auto earlier = std::make_unique<Outsider>(path_);
    Write(500);
    const Outsider later(path_);
    Write(25);
    FailNextDatabaseSync(EIO);
    stalled_.emplace(SyncOf::kDatabase);
    earlier.reset();
    Write(100);
    ASSERT_TRUE(stalled_->WaitUntilStalled());
  }

  void ExpectAll() {
    for (int i = 0; i < created_; ++i) EXPECT_EQ(client().VersionOf(absl::StrCat("k", i)), 1U) << i;
  }

  // Whether a thread of this process sleeps in the kernel.
  static bool IsWaiting(pid_t thread) {
    std::ifstream file(absl::StrCat("/proc/self/task/", thread, "/stat"));
    std::string stat;
    std::getline(file, stat);
    return absl::StrContains(stat, ") S ");
  }

  std::optional<StalledSync> stalled_;
};

// Otherwise the writer waits while the checkpoint that empties the log syncs everything that was
// copied since the last one, which takes a quarter of a second with a million records.
TEST_F(SqliteSyncTest, ALargeDatabaseIsSyncedInTheBackground) {
  const Outsider outsider(path_);
  const int64_t before = DatabaseSyncs();
  Write(1000);
  EXPECT_TRUE(Await(absl::Seconds(30), [before] { return DatabaseSyncs() > before; }));
}

TEST_F(SqliteSyncTest, ASmallDatabaseIsLeftToTheCheckpointThatEmptiesTheLog) {
  OpenWithWholeFileBytes(int64_t{64} << 20);
  const Outsider outsider(path_);
  const int64_t before = DatabaseSyncs();
  const int64_t checkpoints = storage_->Stats().checkpoints;
  Write(1000);
  EXPECT_TRUE(Await(absl::Seconds(30), [&] { return storage_->Stats().checkpoints > checkpoints; }));
  EXPECT_EQ(DatabaseSyncs(), before);
}

// After a failed sync, pages that checkpoints copied earlier may be missing from the database.
TEST_F(SqliteSyncTest, AFailedSyncOfTheDatabaseLosesNoAcknowledgedWrite) {
  FailSyncOfManyPages();
  stalled_->Release();
  ASSERT_TRUE(Await(absl::Seconds(30), [this] { return storage_->Stats().reopens == 1; }));
  ASSERT_TRUE(BecomesReady());
  EXPECT_GT(storage_->Stats().failed_checkpoints, 0);
  ExpectAll();
}

// SQLite would then use the index of the log that the other connection keeps.
TEST_F(SqliteSyncTest, AFailedSyncLosesNothingWhileAnotherProgramHasTheFileOpen) {
  auto idle = std::make_unique<SQLite::Database>(path_, SQLite::OPEN_READONLY);
  EXPECT_EQ(idle->execAndGet("SELECT count(*) FROM record").getInt(), created_);
  FailSyncOfManyPages();
  stalled_->Release();
  ASSERT_TRUE(Await(absl::Seconds(30), [this] {
    return absl::StrContains(client().Get("k0").status().message(), "cannot be re-opened");
  }));
  EXPECT_EQ(storage_->Stats().reopens, 0);
  idle.reset();
  ASSERT_TRUE(BecomesReady());
  ExpectAll();
}

TEST_F(SqliteSyncTest, AFailedSyncLosesNothingWhenTheServerStopsThen) {
  FailSyncOfManyPages();
  // The destructor waits for the sync.
  std::atomic<pid_t> stopper = 0;
  std::thread stopping([this, &stopper] {
    stopper = gettid();
    storage_.reset();
  });
  EXPECT_TRUE(Await(absl::Seconds(30), [&stopper] { return stopper != 0 && IsWaiting(stopper); }));
  stalled_->Release();
  stopping.join();
  OpenWithWholeFileBytes(0);
  ExpectAll();
}

}  // namespace
}  // namespace twofold
