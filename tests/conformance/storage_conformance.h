#ifndef TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_
#define TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "storage/storage.h"

namespace twofold {

// What the suite needs of a backend under test.
class StorageHarness {
 public:
  virtual ~StorageHarness() = default;
  // Alive until the harness is gone or the next Reopen.
  virtual Storage& storage() = 0;
};

class DurableStorageHarness : public StorageHarness {
 public:
  // Closes the storage and opens it again on the same data.
  virtual void Reopen() = 0;
};

// Each call makes a new, empty store.
using StorageHarnessFactory = std::function<std::unique_ptr<StorageHarness>()>;
using DurableStorageHarnessFactory = std::function<std::unique_ptr<DurableStorageHarness>()>;

// Blocking calls for tests.
class StorageClient {
 public:
  explicit StorageClient(Storage& storage) : storage_(storage) {}

  absl::StatusOr<VersionedBytes> Get(const std::string& key);
  absl::Status Put(const std::string& key, const std::string& bytes, Version expected, Version next);
  absl::Status Delete(const std::string& key, Version expected);
  absl::StatusOr<ScanPage> Scan(const std::string& cursor, int limit);

  // kAbsent when there is none.
  Version VersionOf(const std::string& key);
  // All records by key, read in pages of `limit`.
  std::map<std::string, VersionedBytes> ScanAll(int limit);

 private:
  Storage& storage_;
};

// Every sentence of storage.h as a test. A backend instantiates the suite with its factory:
//   INSTANTIATE_TEST_SUITE_P(Memory, StorageConformance, ::testing::Values(&NewMemoryHarness));
class StorageConformance : public ::testing::TestWithParam<StorageHarnessFactory> {
 protected:
  StorageConformance() : harness_(GetParam()()), client_(harness_->storage()) {}

  Storage& storage() { return harness_->storage(); }

  const std::unique_ptr<StorageHarness> harness_;
  StorageClient client_;
};

// For backends that keep records beyond their process.
class StorageDurability : public ::testing::TestWithParam<DurableStorageHarnessFactory> {
 protected:
  StorageDurability() : harness_(GetParam()()) {}

  StorageClient client() { return StorageClient(harness_->storage()); }

  const std::unique_ptr<DurableStorageHarness> harness_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_
