#ifndef TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_
#define TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_

#include <functional>
#include <memory>

#include "gtest/gtest.h"
#include "storage/storage.h"
#include "tests/conformance/storage_client.h"

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
