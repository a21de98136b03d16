// The same suites as for one server, on Sentinel and on a Cluster: one set of servers for all
// cases, emptied for each.

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "tests/conformance/rate_limiter_conformance.h"
#include "tests/conformance/storage_conformance.h"
#include "tests/fakes/fake_clock.h"
#include "tests/redis_ha/deployments.h"

namespace twofold {
namespace {

std::string EmptySentinelUri() {
  static SentinelSet set;
  set.node(set.Master()).Command({"FLUSHALL"});
  return UriOf(set, "min_replicas=1");
}

std::string EmptyClusterUri() {
  static ClusterSet cluster;
  // Keeps the sentinels of its slots, because writing them takes as long as everything else
  // together.
  for (const size_t master : cluster.Masters()) {
    const std::string names = cluster.node(master).Command({"KEYS", "*"});
    for (const absl::string_view name : absl::StrSplit(names, '\n', absl::SkipEmpty())) {
      if (!absl::StartsWith(name, "tf1:s:")) cluster.node(master).Command({"DEL", std::string(name)});
    }
  }
  return UriOf(cluster, "min_replicas=1");
}

template <std::string (&EmptyUri)()>
class HaStorage final : public DurableStorageHarness {
 public:
  static std::unique_ptr<HaStorage> New() { return std::make_unique<HaStorage>(); }
  Storage& storage() override { return *storage_; }
  void Reopen() override {
    storage_.reset();
    storage_ = OpenStorageAt(uri_);
  }

 private:
  const std::string uri_ = EmptyUri();
  std::unique_ptr<Storage> storage_ = OpenStorageAt(uri_);
};

template <std::string (&EmptyUri)()>
class HaLimiter final : public RateLimiterHarness {
 public:
  static std::unique_ptr<HaLimiter> New() { return std::make_unique<HaLimiter>(); }
  RateLimiter& limiter() override { return *limiter_; }
  void Advance(absl::Duration by) override { clock_.Advance(absl::ToInt64Milliseconds(by)); }

 private:
  FakeClock clock_;
  const std::unique_ptr<RateLimiter> limiter_ = OpenLimiterAt(EmptyUri(), &clock_);
};

using ::testing::Values;

INSTANTIATE_TEST_SUITE_P(Sentinel, StorageConformance, Values(&HaStorage<EmptySentinelUri>::New));
INSTANTIATE_TEST_SUITE_P(Sentinel, StorageDurability, Values(&HaStorage<EmptySentinelUri>::New));
INSTANTIATE_TEST_SUITE_P(Sentinel, RateLimiterConformance, Values(&HaLimiter<EmptySentinelUri>::New));
INSTANTIATE_TEST_SUITE_P(Cluster, StorageConformance, Values(&HaStorage<EmptyClusterUri>::New));
INSTANTIATE_TEST_SUITE_P(Cluster, StorageDurability, Values(&HaStorage<EmptyClusterUri>::New));
INSTANTIATE_TEST_SUITE_P(Cluster, RateLimiterConformance, Values(&HaLimiter<EmptyClusterUri>::New));

// A slot that is on the move refuses what names a record and a bucket that is not there.
TEST(Cluster, HasNoGateOfItsOwn) {
  std::string uri = EmptyClusterUri();
  uri.erase(uri.find('?'));
  EXPECT_EQ(OpenAt(uri).gate, nullptr);
}

}  // namespace
}  // namespace twofold
