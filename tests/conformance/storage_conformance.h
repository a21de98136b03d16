#ifndef TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_
#define TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_

#include <functional>
#include <memory>

#include "gtest/gtest.h"
#include "storage/storage.h"
#include "tests/conformance/storage_client.h"

namespace twofold {

// A storage under test.
class StorageHarness {
 public:
  virtual ~StorageHarness() = default;
  // It lives as long as the harness, or until the next Reopen.
  virtual Storage& storage() = 0;
};

class DurableStorageHarness : public StorageHarness {
 public:
  // Closes the storage and opens it again on the same data.
  virtual void Reopen() = 0;
};

// Makes a new, empty store.
using StorageHarnessFactory = std::function<std::unique_ptr<StorageHarness>()>;
using DurableStorageHarnessFactory = std::function<std::unique_ptr<DurableStorageHarness>()>;

// Tests every sentence of storage.h. A backend instantiates the suite with its factory:
//   INSTANTIATE_TEST_SUITE_P(Memory, StorageConformance, ::testing::Values(&NewMemoryHarness));
class StorageConformance : public ::testing::TestWithParam<StorageHarnessFactory> {
 protected:
  StorageConformance() : harness_(GetParam()()), client_(harness_->storage()) {}

  Storage& storage() { return harness_->storage(); }

  const std::unique_ptr<StorageHarness> harness_;
  StorageClient client_;
};

// Tests for backends whose records outlive the process.
class StorageDurability : public ::testing::TestWithParam<DurableStorageHarnessFactory> {
 protected:
  StorageDurability() : harness_(GetParam()()) {}

  StorageClient client() { return StorageClient(harness_->storage()); }

  const std::unique_ptr<DurableStorageHarness> harness_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_CONFORMANCE_STORAGE_CONFORMANCE_H_
