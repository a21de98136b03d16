#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/redis/redis_rate_limiter.h"
#include "storage/redis/redis_storage.h"
#include "tests/conformance/metered_reads_conformance.h"
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
  void Open() { storage_ = OpenRedisStorage(UriOf(server_), Ignore).value(); }

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

class RedisMeteredReadsHarness final : public MeteredReadsHarness {
 public:
  Storage& storage() override { return *storage_; }
  RateLimiter& limiter() override { return *limiter_; }

 private:
  FakeClock clock_;
  const std::unique_ptr<Storage> storage_ = OpenRedisStorage(UriOf(EmptyServer()), Ignore, &clock_).value();
  const std::unique_ptr<RateLimiter> limiter_ =
      OpenRedisRateLimiter(UriOf(EmptyServer()), Ignore, &clock_).value();
};

std::unique_ptr<RedisMeteredReadsHarness> NewRedisMeteredReadsHarness() {
  return std::make_unique<RedisMeteredReadsHarness>();
}

INSTANTIATE_TEST_SUITE_P(Redis, MeteredReadsConformance, ::testing::Values(&NewRedisMeteredReadsHarness));

// Metered reads as a limiter: all of them count as one does.
class MeteringHarness final : public RateLimiterHarness, public RateLimiter {
 public:
  RateLimiter& limiter() override { return *this; }
  void Advance(absl::Duration by) override { clock_.Advance(absl::ToInt64Milliseconds(by)); }

  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets) override {
    absl::StatusOr<MeteredRead> read =
        co_await storage_->metered_reads()->AcquireAndGet(std::move(buckets), "key");
    if (!read.ok()) co_return read.status();
    co_return read->acquired;
  }
  Task<absl::Status> GiveBack(std::vector<Bucket> buckets) override {
    return storage_->metered_reads()->GiveBack(std::move(buckets));
  }
  Task<absl::Status> Fill(std::vector<Bucket> buckets) override {
    return storage_->metered_reads()->Fill(std::move(buckets));
  }
  Task<absl::Status> CheckReady() override { return storage_->CheckReady(); }

 private:
  FakeClock clock_;
  const std::unique_ptr<Storage> storage_ = OpenRedisStorage(UriOf(EmptyServer()), Ignore, &clock_).value();
};

std::unique_ptr<MeteringHarness> NewMeteringHarness() { return std::make_unique<MeteringHarness>(); }

INSTANTIATE_TEST_SUITE_P(RedisMeteredReads, RateLimiterConformance, ::testing::Values(&NewMeteringHarness));

TEST(RedisStorage, CountsApartWhereReplicasAreWaitedFor) {
  const std::string uri = absl::StrCat("redis://", EmptyServer().address());
  const auto opened = [](const std::string& text) {
    return OpenRedisStorage(ParseBackendUri(text).value(), Ignore).value();
  };
  EXPECT_NE(opened(uri)->metered_reads(), nullptr);
  EXPECT_EQ(opened(uri + "?min_replicas=1")->metered_reads(), nullptr);
}

}  // namespace
}  // namespace twofold
