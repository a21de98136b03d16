#include "storage/sqlite/sqlite_storage.h"
#include "tests/conformance/storage_conformance.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

class SqliteHarness final : public DurableStorageHarness {
 public:
  explicit SqliteHarness(const SqliteOptions& options) : options_(options) { Open(); }
  Storage& storage() override { return *storage_; }
  void Reopen() override {
    storage_.reset();
    Open();
  }

 private:
  void Open() { storage_ = OpenSqliteStorage(folder_ / "twofold.db", options_).value(); }

  const SqliteOptions options_;
  const TempFolder folder_;
  std::unique_ptr<Storage> storage_;
};

std::unique_ptr<SqliteHarness> NewSqliteHarness() { return std::make_unique<SqliteHarness>(SqliteOptions()); }
// Every read is SQLite's.
std::unique_ptr<SqliteHarness> NewUncachedHarness() {
  return std::make_unique<SqliteHarness>(SqliteOptions{.cache_bytes = 0});
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageConformance, ::testing::Values(&NewSqliteHarness));
INSTANTIATE_TEST_SUITE_P(Sqlite, StorageDurability, ::testing::Values(&NewSqliteHarness));
INSTANTIATE_TEST_SUITE_P(SqliteUncached, StorageConformance, ::testing::Values(&NewUncachedHarness));
INSTANTIATE_TEST_SUITE_P(SqliteUncached, StorageDurability, ::testing::Values(&NewUncachedHarness));

}  // namespace
}  // namespace twofold
