#include "server/store/marker.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/async.h"
#include "crypto/key_ring.h"
#include "crypto/secret_bytes.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"
#include "storage/keys.h"
#include "storage/memory/memory_storage.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/hooked_storage.h"

namespace twofold {
namespace {

std::unique_ptr<KeyRing> NewRing() {
  std::vector<RingKey> keys;
  keys.emplace_back(1, SecretBytes::FromString(RandomBytes(SystemRandom(), KeyRing::kKeySize)));
  return KeyRing::Create(1, std::move(keys)).value();
}

// Between our look for the marker and our look for records, another server begins the store.
TEST(StoreMarker, OfTwoServersThatBeginAStoreBothStart) {
  const std::unique_ptr<KeyRing> ring = NewRing();
  const FakeClock clock;
  const std::unique_ptr<Storage> storage = NewMemoryStorage();
  HookedStorage ours(*storage);
  std::vector<std::string> others;
  ours.after_get = [&](const std::string&) {
    if (!others.empty()) return;
    others.push_back(SyncWait(OpenStore(*storage, *ring, clock, SystemRandom())).value().store_id);
  };
  const absl::StatusOr<StoreIdentity> opened = SyncWait(OpenStore(ours, *ring, clock, SystemRandom()));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->store_id, others.at(0));
  EXPECT_FALSE(opened->is_new);
}

TEST(StoreMarker, L6_OneOfANewerReleaseIsRefusedAndStaysAsItIs) {
  const std::unique_ptr<KeyRing> ring = NewRing();
  const FakeClock clock;
  const std::unique_ptr<Storage> storage = NewMemoryStorage();
  const std::string id = SyncWait(OpenStore(*storage, *ring, clock, SystemRandom())).value().store_id;
  const VersionedBytes stored = SyncWait(storage->Get(StoreMarkerKey())).value();
  internal::v1::StoreMarker marker = ParseMarker(stored.bytes).value();
  marker.set_schema(marker.schema() + 1);
  ASSERT_TRUE(SyncWait(storage->Put(StoreMarkerKey(), marker.SerializeAsString(), stored.version, 2)).ok());
  for (const absl::Status& refusal :
       {SyncWait(OpenStore(*storage, *ring, clock, SystemRandom())).status(),
        SyncWait(CheckKeyRing(*storage, *ring)), SyncWait(CheckStore(*storage, id))}) {
    EXPECT_EQ(refusal, absl::FailedPreconditionError("the store was written by a newer release"));
  }
  EXPECT_EQ(SyncWait(storage->Get(StoreMarkerKey()))->bytes, marker.SerializeAsString());
}

TEST(StoreMarker, RemembersTheRelyingPartyOfSecurityKeys) {
  const auto storage = NewMemoryStorage();
  const auto ring = NewRing();
  FakeClock clock;
  ASSERT_TRUE(SyncWait(OpenStore(*storage, *ring, clock, SystemRandom())).ok());
  EXPECT_EQ(SyncWait(SwapRelyingPartyId(*storage, SystemRandom(), "a.example.org")).value(), "");
  EXPECT_EQ(SyncWait(SwapRelyingPartyId(*storage, SystemRandom(), "a.example.org")).value(), "a.example.org");
  EXPECT_EQ(SyncWait(SwapRelyingPartyId(*storage, SystemRandom(), "b.example.org")).value(), "a.example.org");
  EXPECT_FALSE(SyncWait(OpenStore(*storage, *ring, clock, SystemRandom())).value().is_new);
}

}  // namespace
}  // namespace twofold
