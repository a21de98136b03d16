#include "server/store/migrate/migrate_store.h"

#include "gmock/gmock.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/fakes/faulty_storage.h"
#include "tests/harness/migration_fixture.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// Redis, as far as a migration can tell: others may write too.
class SharedStorage final : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override {
    if (on_scan) on_scan();
    auto page = co_await ForwardingStorage::Scan(std::move(cursor), limit);
    // A scan may return a record twice.
    if (page.ok() && !page->records.empty()) {
      const KeyedBytes again = page->records.front();
      page->records.push_back(again);
    }
    co_return page;
  }
  std::function<void()> on_scan;
};

TEST_F(MigrationTest, L7_TheWalkThroughStoragesAndBack) {
  const TempFolder folder;
  const auto first = OpenSqliteStorage(folder / "first.db").value();
  const auto last = OpenSqliteStorage(folder / "last.db").value();
  Fill(*first, 1200);
  const std::string id = Serve(*first)->store_id;
  const Records records = RecordsOf(*first);

  const absl::StatusOr<MigrationReport> there = Migrate(*first, *target_);
  ASSERT_TRUE(there.ok()) << there.status();
  ExpectMigrated(*first, *target_, records);
  const absl::StatusOr<MigrationReport> back = Migrate(*target_, *last);
  ASSERT_TRUE(back.ok()) << back.status();
  ExpectMigrated(*target_, *last, records);

  EXPECT_EQ(there->records, 1200);
  EXPECT_EQ(there->written, 1200);
  EXPECT_EQ(there->checksum.size(), 64U);
  EXPECT_EQ(there->checksum, back->checksum);
  EXPECT_EQ(there->bytes, back->bytes);
  EXPECT_EQ(Serve(*last)->store_id, id);
  // Where nothing else can write, nothing is waited for.
  EXPECT_EQ(observer_.waits, 0);
}

TEST_F(MigrationTest, TheChecksumKnowsEveryByte) {
  Fill(*source_, 3);
  const std::unique_ptr<Storage> other = NewMemoryStorage();
  ASSERT_TRUE(Migrate(*source_, *target_).ok());
  StorageClient client(*target_);
  const std::string key = SubjectKey("", "user0");
  ASSERT_TRUE(client.Put(key, "changed", client.VersionOf(key), 7).ok());
  const absl::StatusOr<MigrationReport> second = Migrate(*target_, *other);
  ASSERT_TRUE(second.ok());
  const std::unique_ptr<Storage> third = NewMemoryStorage();
  ASSERT_TRUE(StorageClient(*other)
                  .Put(SubjectKey("", "user0"), "changes", StorageClient(*other).VersionOf(key), 8)
                  .ok());
  EXPECT_NE(Migrate(*other, *third)->checksum, second->checksum);
}

TEST_F(MigrationTest, EveryRecordGetsAVersionOfItsOwn) {
  Fill(*source_, 20);
  ASSERT_TRUE(Migrate(*source_, *target_).ok());
  const auto before = StorageClient(*source_).ScanAll(100);
  const auto after = StorageClient(*target_).ScanAll(100);
  ASSERT_EQ(before.size(), after.size());
  for (const auto& [key, value] : before) EXPECT_NE(value.version, after.at(key).version);
}

TEST_F(MigrationTest, AnEmptyOrForeignSourceIsRefusedAndLeftAlone) {
  EXPECT_THAT(Message(Migrate(*source_, *target_).status()), HasSubstr("the source is empty"));
  ASSERT_TRUE(StorageClient(*source_).Put("key", "value", kAbsent, 1).ok());
  EXPECT_THAT(Message(Migrate(*source_, *target_).status()), HasSubstr("no marker"));
  EXPECT_EQ(StorageClient(*source_).VersionOf(StoreMarkerKey()), kAbsent);
  EXPECT_EQ(observer_.marked, 0);
}

TEST_F(MigrationTest, ANonEmptyTargetIsRefusedAndBothAreLeftAlone) {
  Fill(*source_, 3);
  const auto all = StorageClient(*source_).ScanAll(100);
  // A store of its own, empty or not; records without a marker.
  Fill(*target_, 0);
  EXPECT_THAT(Message(Migrate(*source_, *target_).status()), HasSubstr("not empty: it is store"));
  const std::unique_ptr<Storage> records = NewMemoryStorage();
  ASSERT_TRUE(StorageClient(*records).Put("key", "value", kAbsent, 1).ok());
  EXPECT_THAT(Message(Migrate(*source_, *records).status()), HasSubstr("the target is not empty"));
  EXPECT_EQ(RecordsOf(*records).size(), 1U);
  EXPECT_TRUE(MayServe(*source_));
  EXPECT_TRUE(MayServe(*target_));
  EXPECT_EQ(StorageClient(*source_).VersionOf(StoreMarkerKey()), all.at(StoreMarkerKey()).version);
  EXPECT_EQ(observer_.marked, 0);
}

TEST_F(MigrationTest, OverwriteLeavesNothingOfWhatTheTargetHeld) {
  Fill(*source_, 5);
  Fill(*target_, 9);
  ASSERT_TRUE(StorageClient(*target_).Put(SubjectKey("", "old"), "old", kAbsent, 1).ok());
  const Records records = RecordsOf(*source_);
  const absl::StatusOr<MigrationReport> report = Migrate(*source_, *target_, true);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->removed, 5);
  ExpectMigrated(*source_, *target_, records);
}

TEST_F(MigrationTest, AStoreIsNotMigratedIntoItself) {
  Fill(*source_, 3);
  SharedStorage same(*source_);
  EXPECT_THAT(Message(Migrate(*source_, same, true).status()), HasSubstr("the same store"));
  EXPECT_TRUE(MayServe(*source_));
  EXPECT_EQ(RecordsOf(*source_).size(), 3U);
}

TEST_F(MigrationTest, OnceCompleteTheSourceIsOldAndTheSameCommandDoesNothing) {
  Fill(*source_, 4);
  ASSERT_TRUE(Migrate(*source_, *target_).ok());
  // Life goes on at the target.
  StorageClient client(*target_);
  const std::string key = SubjectKey("", "user0");
  ASSERT_TRUE(client.Put(key, "newer", client.VersionOf(key), 7).ok());
  for (const bool overwrite : {false, true}) {
    const absl::StatusOr<MigrationReport> again = Migrate(*source_, *target_, overwrite);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->was_complete);
    EXPECT_EQ(again->records, 4);
    const std::unique_ptr<Storage> other = NewMemoryStorage();
    EXPECT_THAT(Message(Migrate(*source_, *other, overwrite).status()),
                HasSubstr("was migrated to elsewhere already"));
  }
  EXPECT_EQ(client.Get(key)->bytes, "newer");
  EXPECT_TRUE(MayServe(*target_));
}

// The way back: from where the records are, over what became old.
TEST_F(MigrationTest, AMigrationBackNeedsOverwriteAndBringsWhatIsNew) {
  Fill(*source_, 4);
  ASSERT_TRUE(Migrate(*source_, *target_).ok());
  StorageClient client(*target_);
  const std::string key = SubjectKey("", "user0");
  ASSERT_TRUE(client.Put(key, "newer", client.VersionOf(key), 7).ok());
  ASSERT_TRUE(client.Delete(SubjectKey("", "user3"), client.VersionOf(SubjectKey("", "user3"))).ok());
  const Records records = RecordsOf(*target_);
  EXPECT_FALSE(Migrate(*target_, *source_).ok());
  ASSERT_TRUE(Migrate(*target_, *source_, true).ok());
  ExpectMigrated(*target_, *source_, records);
}

TEST_F(MigrationTest, AnotherTargetMakesTheFirstOneWorthless) {
  Fill(*source_, 4);
  const Records records = RecordsOf(*source_);
  FaultyStorage failing(*target_);
  failing.Script(StorageCall::kPut, StorageFault::kNone, 3);
  failing.Script(StorageCall::kPut, StorageFault::kUnavailable);
  EXPECT_FALSE(Migrate(*source_, failing).ok());
  const std::unique_ptr<Storage> other = NewMemoryStorage();
  ASSERT_TRUE(Migrate(*source_, *other).ok());
  ExpectMigrated(*source_, *other, records);
  EXPECT_FALSE(Migrate(*source_, *target_).ok());
  EXPECT_FALSE(Migrate(*source_, *target_, true).ok());
  EXPECT_THAT(Message(Serve(*target_).status()), HasSubstr("not complete"));
  EXPECT_THAT(Message(Migrate(*target_, *other, true).status()), HasSubstr("not complete"));
}

TEST_F(MigrationTest, TheTargetOfAnotherSourceIsRefused) {
  Fill(*source_, 4);
  FaultyStorage failing(*target_);
  failing.Script(StorageCall::kPut, StorageFault::kNone, 2);
  failing.Script(StorageCall::kPut, StorageFault::kUnavailable);
  EXPECT_FALSE(Migrate(*source_, failing).ok());
  const std::unique_ptr<Storage> stranger = NewMemoryStorage();
  Fill(*stranger, 2);
  EXPECT_THAT(Message(Migrate(*stranger, *target_).status()), HasSubstr("begun by another migration"));
  EXPECT_TRUE(MayServe(*stranger));
}

TEST_F(MigrationTest, GivingUpFreesTheSourceButNeverTheTarget) {
  Fill(*source_, 4);
  EXPECT_THAT(Message(AbandonMigration(*source_, false, SystemRandom())), HasSubstr("not being migrated"));
  FaultyStorage failing(*target_);
  failing.Script(StorageCall::kPut, StorageFault::kNone, 3);
  failing.Script(StorageCall::kPut, StorageFault::kUnavailable);
  EXPECT_FALSE(Migrate(*source_, failing).ok());
  EXPECT_THAT(Message(Serve(*source_).status()), HasSubstr("is being migrated to elsewhere"));
  ASSERT_TRUE(AbandonMigration(*source_, false, SystemRandom()).ok());
  EXPECT_TRUE(MayServe(*source_));
  EXPECT_FALSE(MayServe(*target_));
  // The old target is not taken up again: it may hold what was removed from the source since.
  EXPECT_THAT(Message(Migrate(*source_, *target_).status()), HasSubstr("begun by another migration"));
  EXPECT_TRUE(Migrate(*source_, *target_, true).ok());
}

TEST_F(MigrationTest, GivingUpACompleteMigrationMustBeMeant) {
  Fill(*source_, 4);
  ASSERT_TRUE(Migrate(*source_, *target_).ok());
  EXPECT_THAT(Message(AbandonMigration(*source_, false, SystemRandom())), HasSubstr("is complete"));
  EXPECT_FALSE(MayServe(*source_));
  EXPECT_TRUE(AbandonMigration(*source_, true, SystemRandom()).ok());
  EXPECT_TRUE(MayServe(*source_));
}

TEST_F(MigrationTest, SharedStoresAreReadOnlyAfterAllServersHaveNoticed) {
  Fill(*source_, 4);
  const Records records = RecordsOf(*source_);
  SharedStorage source(*source_);
  SharedStorage target(*target_);
  shared_source_ = shared_target_ = true;
  observer_.on_wait = [this] {
    EXPECT_FALSE(MayServe(*source_));
    EXPECT_FALSE(MayServe(*target_));
    EXPECT_TRUE(RecordsOf(*target_).empty());
  };
  source.on_scan = [this] { EXPECT_EQ(observer_.waits, 1); };
  const absl::StatusOr<MigrationReport> report = Migrate(source, target);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(observer_.waits, 1);
  EXPECT_EQ(report->records, 4);
  ExpectMigrated(*source_, *target_, records);
}

// A server that was late: what it wrote before it noticed is copied.
TEST_F(MigrationTest, WhatALateServerWritesBeforeItNoticesIsCopied) {
  Fill(*source_, 4);
  SharedStorage source(*source_);
  shared_source_ = true;
  observer_.on_wait = [this] { ASSERT_TRUE(StorageClient(*source_).Put("late", "late", kAbsent, 1).ok()); };
  ASSERT_TRUE(Migrate(source, *target_).ok());
  EXPECT_EQ(RecordsOf(*target_).at("late"), "late");
}

TEST_F(MigrationTest, ATargetThatServersUsedIsWaitedForToo) {
  Fill(*source_, 4);
  Fill(*target_, 4);
  SharedStorage target(*target_);
  shared_target_ = true;
  ASSERT_TRUE(Migrate(*source_, target, true).ok());
  EXPECT_EQ(observer_.waits, 1);
}

TEST_F(MigrationTest, ASourceThatChangesIsNoticedAndTheTargetNotServed) {
  Fill(*source_, 4);
  observer_.on_copied = [this] { ASSERT_TRUE(StorageClient(*source_).Put("late", "late", kAbsent, 1).ok()); };
  const absl::Status status = Migrate(*source_, *target_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_THAT(Message(status), HasSubstr("the source changed"));
  EXPECT_FALSE(MayServe(*target_));
  const absl::StatusOr<MigrationReport> again = Migrate(*source_, *target_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->resumed);
  EXPECT_EQ(again->written, 1);
  EXPECT_EQ(RecordsOf(*target_).at("late"), "late");
}

TEST_F(MigrationTest, ATargetThatDiffersIsNoticedAndNotServed) {
  Fill(*source_, 4);
  const Records records = RecordsOf(*source_);
  observer_.on_copied = [this] {
    StorageClient client(*target_);
    const std::string key = SubjectKey("", "user0");
    ASSERT_TRUE(client.Put(key, "flipped", client.VersionOf(key), 1).ok());
    ASSERT_TRUE(client.Put("more", "", kAbsent, 1).ok());
  };
  const absl::Status status = Migrate(*source_, *target_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(Message(status), HasSubstr("1 are missing or differ, and 2 are there that should not be"));
  EXPECT_FALSE(MayServe(*source_));
  EXPECT_FALSE(MayServe(*target_));
  // A second run mends it.
  ASSERT_TRUE(Migrate(*source_, *target_).ok());
  ExpectMigrated(*source_, *target_, records);
}

// The second run may have finished, and its target be served: nothing of the first may come after.
TEST_F(MigrationTest, ARunThatWasOvertakenWritesNothingMore) {
  Fill(*source_, 1000);
  const Records records = RecordsOf(*source_);
  HookedObserver second;
  observer_.on_copied = [&] {
    MigrationOptions options;
    options.target_name = "elsewhere";
    const absl::StatusOr<MigrationReport> overtaken =
        MigrateStore(*source_, *target_, options, SystemRandom(), second);
    ASSERT_TRUE(overtaken.ok()) << overtaken.status();
    // Users are reset at the target.
    for (const auto& [key, bytes] : records) {
      ASSERT_TRUE(StorageClient(*target_).Delete(key, StorageClient(*target_).VersionOf(key)).ok());
    }
  };
  const absl::Status status = Migrate(*source_, *target_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_TRUE(RecordsOf(*target_).empty());
  EXPECT_TRUE(MayServe(*target_));
}

// The second run was not seen by any write of the first, and is not done yet.
TEST_F(MigrationTest, ARunThatWasOvertakenDoesNotComplete) {
  Fill(*source_, 4);
  observer_.on_verifying = [this] {
    HookedObserver second;
    FaultyStorage dies(*target_);
    dies.Script(StorageCall::kPut, StorageFault::kNone);
    dies.Script(StorageCall::kPut, StorageFault::kUnavailable);
    MigrationOptions options;
    options.target_name = "elsewhere";
    EXPECT_FALSE(MigrateStore(*source_, dies, options, SystemRandom(), second).ok());
  };
  EXPECT_EQ(Migrate(*source_, *target_).status().code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(MayServe(*target_));
  EXPECT_TRUE(Migrate(*source_, *target_).ok());
}

// Given up and served again while the migration still ran.
TEST_F(MigrationTest, AMigrationThatWasGivenUpIsNotCompleted) {
  Fill(*source_, 4);
  observer_.on_verifying = [this] { ASSERT_TRUE(AbandonMigration(*source_, false, SystemRandom()).ok()); };
  EXPECT_EQ(Migrate(*source_, *target_).status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(MayServe(*source_));
  EXPECT_FALSE(MayServe(*target_));
}

TEST_F(MigrationTest, UnknownOutcomesAreLookedUp) {
  for (const StorageFault fault : {StorageFault::kUnknownAndDone, StorageFault::kUnknownAndLost}) {
    const std::unique_ptr<Storage> source = NewMemoryStorage();
    const std::unique_ptr<Storage> target = NewMemoryStorage();
    Fill(*source, 8);
    const Records records = RecordsOf(*source);
    FaultyStorage doubtful(*target);
    // Not the markers.
    doubtful.Script(StorageCall::kPut, StorageFault::kNone);
    doubtful.Script(StorageCall::kPut, fault, 4);
    const absl::StatusOr<MigrationReport> report = Migrate(*source, doubtful);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->written, 8);
    ExpectMigrated(*source, *target, records);
  }
}

TEST_F(MigrationTest, ErrorsSayWhichSideTheyAreAbout) {
  Fill(*source_, 4);
  FaultyStorage failing(*target_);
  failing.SetDown(true);
  EXPECT_EQ(Message(Migrate(*source_, failing).status()), "target: scripted fault");
  EXPECT_TRUE(MayServe(*source_));
  FaultyStorage source(*source_);
  source.SetDown(true);
  EXPECT_EQ(Message(Migrate(source, *target_).status()), "source: scripted fault");
}

}  // namespace
}  // namespace twofold
