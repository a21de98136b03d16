#include "server/key_ring_reload.h"

#include <utility>
#include <vector>

#include "common/async.h"
#include "crypto/secret_bytes.h"
#include "crypto/system_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/marker.h"
#include "storage/memory/memory_storage.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/forwarding_storage.h"

namespace twofold {
namespace {

using testing::HasSubstr;

// A ring whose key N has 32 bytes of the value N, or of `first_byte` for key 1.
std::unique_ptr<KeyRing> Ring(uint32_t primary, const std::vector<uint32_t>& ids, char first_byte = 1) {
  std::vector<RingKey> keys;
  for (const uint32_t id : ids) {
    const char byte = id == 1 ? first_byte : static_cast<char>(id);
    keys.emplace_back(id, SecretBytes::FromString(std::string(KeyRing::kKeySize, byte)));
  }
  return *KeyRing::Create(primary, std::move(keys));
}

class FakeSource final : public KeySource {
 public:
  const std::string& file() const override { return file_; }
  KeyWrapper* wrapper() const override { return nullptr; }
  absl::StatusOr<std::unique_ptr<KeyRing>> Load() override { return std::move(next); }

  absl::StatusOr<std::unique_ptr<KeyRing>> next = nullptr;

 private:
  const std::string file_ = "ring";
};

class DownStorage final : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  Task<absl::StatusOr<VersionedBytes>> Get(std::string) override {
    co_return absl::UnavailableError("it is down");
  }
};

class KeyRingReloadTest : public testing::Test {
 protected:
  KeyRingReloadTest() {
    EXPECT_TRUE(SyncWait(OpenStore(*storage_, *now_, FakeClock(), SystemRandom())).ok());
  }

  absl::StatusOr<std::string> Reload(absl::StatusOr<std::unique_ptr<KeyRing>> next,
                                     Storage* storage = nullptr) {
    source_.next = std::move(next);
    return ReloadKeyRing(source_, storage == nullptr ? *storage_ : *storage, *now_,
                         [this](std::shared_ptr<const KeyRing> ring) { now_ = std::move(ring); });
  }
  std::string Refused(absl::StatusOr<std::unique_ptr<KeyRing>> next, Storage* storage = nullptr) {
    const std::shared_ptr<const KeyRing> before = now_;
    const absl::StatusOr<std::string> reloaded = Reload(std::move(next), storage);
    EXPECT_FALSE(reloaded.ok());
    EXPECT_EQ(now_, before);
    return std::string(reloaded.status().message());
  }

  FakeSource source_;
  const std::unique_ptr<Storage> storage_ = NewMemoryStorage();
  std::shared_ptr<const KeyRing> now_ = Ring(1, {1});
};

TEST_F(KeyRingReloadTest, TakesTheRingOverAndTellsWhatChanged) {
  EXPECT_EQ(*Reload(Ring(1, {1})), "");
  EXPECT_EQ(*Reload(Ring(1, {1, 2, 3})), "primary key 1, added 2, 3");
  EXPECT_EQ(*Reload(Ring(2, {1, 2})), "primary key 2 instead of 1, removed 3");
  EXPECT_EQ(*Reload(Ring(2, {1, 2})), "");
  EXPECT_EQ(now_->primary_key_id(), 2U);
}

TEST_F(KeyRingReloadTest, KeepsTheOldRingWhereTheNewOneDoesNotFit) {
  EXPECT_THAT(Refused(Ring(2, {2})), HasSubstr("the key ring lacks key 1"));
  EXPECT_THAT(Refused(Ring(1, {1, 2}, 'x')), HasSubstr("its key 1 is not the key 1 that this server uses"));
  EXPECT_THAT(Refused(absl::InvalidArgumentError("no JSON")), HasSubstr("no JSON"));
  DownStorage down(*storage_);
  EXPECT_THAT(Refused(Ring(1, {1, 2}), &down), HasSubstr("it is down"));
}

}  // namespace
}  // namespace twofold
