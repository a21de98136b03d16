// A migration that dies at any single operation of either storage: both stores together still hold
// everything, at most one of them is served, and the same command completes it.

#include "storage/sqlite/sqlite_storage.h"
#include "tests/harness/migration_fixture.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

// What remains of a process: after `left` more operations it does nothing any more.
struct Life {
  int left;
  // Whether the last one still reaches the storage.
  bool last_is_done;
};

class MortalStorage final : public ForwardingStorage {
 public:
  MortalStorage(Storage& base, Life& life) : ForwardingStorage(base), life_(life) {}

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    if (!Lives()) co_return Dead();
    auto result = co_await base().Get(std::move(key));
    co_return result;
  }
  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override {
    const bool lives = Lives();
    if (!lives && !LastWords()) co_return Dead();
    auto result = co_await base().Put(std::move(key), std::move(bytes), expected, next);
    if (!lives) co_return Dead();
    co_return result;
  }
  Task<absl::Status> Delete(std::string key, Version expected) override {
    const bool lives = Lives();
    if (!lives && !LastWords()) co_return Dead();
    auto result = co_await base().Delete(std::move(key), expected);
    if (!lives) co_return Dead();
    co_return result;
  }
  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override {
    if (!Lives()) co_return Dead();
    auto result = co_await base().Scan(std::move(cursor), limit);
    co_return result;
  }

 private:
  static absl::Status Dead() { return absl::UnavailableError("dead"); }
  bool Lives() { return life_.left > 0 && life_.left-- > 0; }
  bool LastWords() { return life_.last_is_done && life_.left-- == 0; }

  Life& life_;
};

class InterruptionTest : public MigrationTest {
 protected:
  // Dies after every number of operations until one run gets through; returns how many that took.
  template <typename NewStores>
  int DieEverywhere(bool last_is_done, bool overwrite, NewStores new_stores) {
    for (int operations = 0;; ++operations) {
      SCOPED_TRACE(absl::StrCat("dies at operation ", operations, last_is_done ? ", which is done" : ""));
      const auto stores = new_stores();
      Storage& source = *stores.first;
      Storage& target = *stores.second;
      const Records records = RecordsOf(source);
      const std::string id = Serve(source)->store_id;
      Life life{operations, last_is_done};
      MortalStorage mortal_source(source, life);
      MortalStorage mortal_target(target, life);
      const bool whole = Migrate(mortal_source, mortal_target, overwrite).ok();

      // Whatever is served as this store holds everything, and only one is.
      const bool target_serves = MayServe(target) && Serve(target)->store_id == id;
      EXPECT_FALSE(MayServe(source) && target_serves);
      EXPECT_EQ(RecordsOf(source), records);
      EXPECT_TRUE(!target_serves || RecordsOf(target) == records);

      const absl::StatusOr<MigrationReport> resumed = Migrate(source, target, overwrite);
      EXPECT_TRUE(resumed.ok()) << resumed.status();
      ExpectMigrated(source, target, records);
      EXPECT_TRUE(!whole || (resumed.ok() && resumed->was_complete));
      if (whole || HasFailure()) return operations;
    }
  }
};

TEST_F(InterruptionTest, InMemory) {
  const auto new_stores = [this] {
    auto stores = std::make_pair(NewMemoryStorage(), NewMemoryStorage());
    Fill(*stores.first, 12);
    return stores;
  };
  EXPECT_GT(DieEverywhere(false, false, new_stores), 20);
  EXPECT_GT(DieEverywhere(true, false, new_stores), 20);
}

TEST_F(InterruptionTest, OverAnotherStore) {
  const auto new_stores = [this] {
    auto stores = std::make_pair(NewMemoryStorage(), NewMemoryStorage());
    Fill(*stores.first, 5);
    Fill(*stores.second, 7);
    return stores;
  };
  EXPECT_GT(DieEverywhere(false, true, new_stores), 20);
  EXPECT_GT(DieEverywhere(true, true, new_stores), 20);
}

TEST_F(InterruptionTest, Sqlite) {
  std::vector<std::unique_ptr<const TempFolder>> folders;
  const auto new_stores = [this, &folders] {
    folders.push_back(std::make_unique<const TempFolder>());
    const TempFolder& folder = *folders.back();
    auto stores = std::make_pair(OpenSqliteStorage(folder / "source.db").value(),
                                 OpenSqliteStorage(folder / "target.db").value());
    Fill(*stores.first, 4);
    return stores;
  };
  EXPECT_GT(DieEverywhere(false, false, new_stores), 10);
  EXPECT_GT(DieEverywhere(true, false, new_stores), 10);
}

}  // namespace
}  // namespace twofold
