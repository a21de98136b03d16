#include "storage/memory/memory_storage.h"
#include "tests/conformance/storage_conformance.h"

namespace twofold {
namespace {

class MemoryHarness final : public StorageHarness {
 public:
  Storage& storage() override { return *storage_; }

 private:
  const std::unique_ptr<Storage> storage_ = NewMemoryStorage();
};

std::unique_ptr<StorageHarness> NewMemoryHarness() { return std::make_unique<MemoryHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, StorageConformance, ::testing::Values(&NewMemoryHarness));

}  // namespace
}  // namespace twofold
