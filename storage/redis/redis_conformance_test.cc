#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/redis/redis_rate_limiter.h"
#include "storage/redis/redis_storage.h"
#include "tests/conformance/attempt_gate_conformance.h"
#include "tests/conformance/rate_limiter_conformance.h"
#include "tests/conformance/storage_conformance.h"
#include "tests/fakes/fake_clock.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

// One server for all cases, emptied for each.
RedisProcess& EmptyServer() {
  static RedisProcess server([] {
    RedisOptions options;
    options.lines = {"appendonly yes", "appendfsync always"};
    options.unix_socket = true;
    return options;
  }());
  server.Command({"FLUSHALL"});
  return server;
}

BackendUri UriOf(const RedisProcess& server) {
  return ParseBackendUri(absl::StrCat("redis://", server.address())).value();
}

void Ignore(const std::string&) {}

class RedisHarness final : public DurableStorageHarness {
 public:
  RedisHarness() : server_(EmptyServer()) { Open(); }
  Storage& storage() override { return *storage_; }
  void Reopen() override {
    storage_.reset();
    server_.Kill();
    server_.Start();
    Open();
  }

 private:
  void Open() { storage_ = OpenRedisStorage(UriOf(server_), Ignore).value().storage; }

  RedisProcess& server_;
  std::unique_ptr<Storage> storage_;
};

std::unique_ptr<RedisHarness> NewRedisHarness() { return std::make_unique<RedisHarness>(); }

INSTANTIATE_TEST_SUITE_P(Redis, StorageConformance, ::testing::Values(&NewRedisHarness));
INSTANTIATE_TEST_SUITE_P(Redis, StorageDurability, ::testing::Values(&NewRedisHarness));

class RedisLimiterHarness final : public RateLimiterHarness {
 public:
  RateLimiter& limiter() override { return *limiter_; }
  void Advance(absl::Duration by) override { clock_.Advance(absl::ToInt64Milliseconds(by)); }

 private:
  FakeClock clock_;
  const std::unique_ptr<RateLimiter> limiter_ =
      OpenRedisRateLimiter(UriOf(EmptyServer()), Ignore, &clock_).value();
};

std::unique_ptr<RateLimiterHarness> NewRedisLimiterHarness() {
  return std::make_unique<RedisLimiterHarness>();
}

INSTANTIATE_TEST_SUITE_P(Redis, RateLimiterConformance, ::testing::Values(&NewRedisLimiterHarness));

class RedisGateHarness final : public AttemptGateHarness {
 public:
  Storage& storage() override { return *opened_.storage; }
  RateLimiter& limiter() override { return *limiter_; }
  AttemptGate& gate() override { return *opened_.gate; }

 private:
  FakeClock clock_;
  const OpenedStorage opened_ = OpenRedisStorage(UriOf(EmptyServer()), Ignore, &clock_).value();
  const std::unique_ptr<RateLimiter> limiter_ =
      OpenRedisRateLimiter(UriOf(EmptyServer()), Ignore, &clock_).value();
};

std::unique_ptr<RedisGateHarness> NewRedisGateHarness() { return std::make_unique<RedisGateHarness>(); }

INSTANTIATE_TEST_SUITE_P(Redis, AttemptGateConformance, ::testing::Values(&NewRedisGateHarness));

class RedisGateLimiterHarness final : public RateLimiterHarness {
 public:
  RateLimiter& limiter() override { return limiter_; }
  void Advance(absl::Duration by) override { clock_.Advance(absl::ToInt64Milliseconds(by)); }

 private:
  FakeClock clock_;
  const OpenedStorage opened_ = OpenRedisStorage(UriOf(EmptyServer()), Ignore, &clock_).value();
  GateLimiter limiter_{*opened_.gate, *opened_.limiter};
};

std::unique_ptr<RedisGateLimiterHarness> NewRedisGateLimiterHarness() {
  return std::make_unique<RedisGateLimiterHarness>();
}

INSTANTIATE_TEST_SUITE_P(RedisGate, RateLimiterConformance, ::testing::Values(&NewRedisGateLimiterHarness));

TEST(RedisStorage, HasNoGateOfItsOwnWithMinReplicas) {
  const std::string uri = absl::StrCat("redis://", EmptyServer().address());
  const auto opened = [](const std::string& text) {
    return OpenRedisStorage(ParseBackendUri(text).value(), Ignore).value();
  };
  EXPECT_NE(opened(uri).gate, nullptr);
  EXPECT_EQ(opened(uri + "?min_replicas=1").gate, nullptr);
}

}  // namespace
}  // namespace twofold
