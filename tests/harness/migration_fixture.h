#ifndef TWOFOLD_TESTS_HARNESS_MIGRATION_FIXTURE_H_
#define TWOFOLD_TESTS_HARNESS_MIGRATION_FIXTURE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "crypto/key_ring.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"
#include "server/store/marker.h"
#include "server/store/migrate/migrate_store.h"
#include "storage/keys.h"
#include "storage/memory/memory_storage.h"
#include "tests/conformance/storage_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/forwarding_storage.h"

namespace twofold {

// Calls back where a test wants to interfere.
class HookedObserver final : public MigrationObserver {
 public:
  std::function<void()> on_marked;
  std::function<void()> on_wait;
  // Once, when records were reported in that phase.
  std::function<void()> on_copied;
  std::function<void()> on_verifying;
  int marked = 0;
  int waits = 0;

  void Marked() override {
    ++marked;
    if (on_marked) on_marked();
  }
  void Wait(absl::Duration) override {
    ++waits;
    if (on_wait) on_wait();
  }
  void Progress(MigrationPhase phase, int64_t done, int64_t) override {
    if (done == 0) return;
    if (phase == MigrationPhase::kCopying && on_copied) std::exchange(on_copied, nullptr)();
    if (phase == MigrationPhase::kVerifying && on_verifying) std::exchange(on_verifying, nullptr)();
  }
};

class MigrationTest : public ::testing::Test {
 protected:
  using Records = std::map<std::string, std::string>;

  // What servers do at start.
  absl::StatusOr<StoreIdentity> Serve(Storage& storage) {
    return SyncWait(OpenStore(storage, *ring_, clock_, SystemRandom()));
  }
  // Whether a server would accept the store; an empty one is not made a store by asking.
  bool MayServe(Storage& storage) {
    return StorageClient(storage).VersionOf(StoreMarkerKey()) != kAbsent && Serve(storage).ok();
  }

  // A store that a server has used.
  void Fill(Storage& storage, int records) {
    ASSERT_TRUE(Serve(storage).ok());
    StorageClient client(storage);
    for (int i = 0; i < records; ++i) {
      const std::string key = SubjectKey(i % 3 == 0 ? "" : "tenant", absl::StrCat("user", i));
      const std::string bytes = RandomBytes(SystemRandom(), static_cast<size_t>(i * 7 % 400));
      ASSERT_TRUE(client.Put(key, bytes, kAbsent, RandomNonZero(SystemRandom())).ok());
    }
  }

  // Without the marker.
  static Records RecordsOf(Storage& storage) {
    Records records;
    for (const auto& [key, value] : StorageClient(storage).ScanAll(100)) {
      if (key != StoreMarkerKey()) records[key] = value.bytes;
    }
    return records;
  }

  absl::StatusOr<MigrationReport> Migrate(Storage& from, Storage& to, bool overwrite = false) {
    MigrationOptions options;
    options.target_name = "elsewhere";
    options.overwrite = overwrite;
    options.source_excludes_others = !shared_source_;
    options.target_excludes_others = !shared_target_;
    return MigrateStore(from, to, options, SystemRandom(), observer_);
  }

  void ExpectMigrated(Storage& from, Storage& to, const Records& records) {
    EXPECT_EQ(RecordsOf(to), records);
    EXPECT_TRUE(MayServe(to));
    const absl::Status refused = Serve(from).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
    EXPECT_EQ(refused.message(), "the store was migrated to elsewhere");
  }

  static std::unique_ptr<KeyRing> NewRing() {
    std::vector<RingKey> keys;
    keys.emplace_back(1, SecretBytes::FromString(RandomBytes(SystemRandom(), KeyRing::kKeySize)));
    return KeyRing::Create(1, std::move(keys)).value();
  }

  const std::unique_ptr<KeyRing> ring_ = NewRing();
  FakeClock clock_;
  HookedObserver observer_;
  // Others may write to the source, or to the target, while it is migrated.
  bool shared_source_ = false;
  bool shared_target_ = false;
  const std::unique_ptr<Storage> source_ = NewMemoryStorage();
  const std::unique_ptr<Storage> target_ = NewMemoryStorage();
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_MIGRATION_FIXTURE_H_
