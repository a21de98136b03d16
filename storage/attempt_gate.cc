#include "storage/attempt_gate.h"

#include <utility>

#include "common/async.h"
#include "storage/arguments.h"

namespace twofold {
namespace {

class SequentialGate final : public AttemptGate {
 public:
  SequentialGate(RateLimiter& limiter, Storage& storage) : limiter_(limiter), storage_(storage) {}

  Task<absl::StatusOr<GatedRead>> AcquireAndGet(std::vector<Bucket> buckets, std::string key) override {
    if (const absl::Status valid = CheckKey(key); !valid.ok()) co_return valid;
    const absl::StatusOr<AcquireResult> acquired = co_await limiter_.Acquire(std::move(buckets));
    if (!acquired.ok()) co_return acquired.status();
    GatedRead read;
    read.acquired = *acquired;
    if (acquired->allowed) read.record = co_await storage_.Get(std::move(key));
    co_return read;
  }

 private:
  RateLimiter& limiter_;
  Storage& storage_;
};

class ConcurrentGate final : public AttemptGate {
 public:
  ConcurrentGate(RateLimiter& limiter, Storage& storage) : limiter_(limiter), storage_(storage) {}

  Task<absl::StatusOr<GatedRead>> AcquireAndGet(std::vector<Bucket> buckets, std::string key) override {
    if (const absl::Status valid = CheckKey(key); !valid.ok()) co_return valid;
    auto [acquired, record] =
        co_await WhenAll(limiter_.Acquire(std::move(buckets)), storage_.Get(std::move(key)));
    if (!acquired.ok()) co_return acquired.status();
    GatedRead read;
    read.acquired = *acquired;
    if (acquired->allowed) read.record = std::move(record);
    co_return read;
  }

 private:
  RateLimiter& limiter_;
  Storage& storage_;
};

}  // namespace

std::unique_ptr<AttemptGate> NewSequentialGate(RateLimiter& limiter, Storage& storage) {
  return std::make_unique<SequentialGate>(limiter, storage);
}

std::unique_ptr<AttemptGate> NewConcurrentGate(RateLimiter& limiter, Storage& storage) {
  return std::make_unique<ConcurrentGate>(limiter, storage);
}

}  // namespace twofold
