#include "storage/sqlite/sqlite_storage.h"
#include "storage/sqlite/temp_folder.h"
#include "tests/conformance/storage_conformance.h"

namespace twofold {
namespace {

class SqliteHarness final : public DurableStorageHarness {
 public:
  SqliteHarness() { Open(); }
  Storage& storage() override { return *storage_; }
  void Reopen() override {
    storage_.reset();
    Open();
  }

 private:
  void Open() { storage_ = OpenSqliteStorage(folder_ / "twofold.db").value(); }

  const TempFolder folder_;
  std::unique_ptr<Storage> storage_;
};

std::unique_ptr<SqliteHarness> NewSqliteHarness() { return std::make_unique<SqliteHarness>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageConformance, ::testing::Values(&NewSqliteHarness));
INSTANTIATE_TEST_SUITE_P(Sqlite, StorageDurability, ::testing::Values(&NewSqliteHarness));

}  // namespace
}  // namespace twofold
