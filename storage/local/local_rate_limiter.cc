#include "storage/local/local_rate_limiter.h"

#include <highwayhash/c_bindings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/gcra.h"

namespace twofold {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kNanosPerMilli = 1'000'000;

using HashKey = std::array<uint64_t, 2>;

HashKey DrawKey(Random& random) {
  std::array<uint8_t, 16> bytes;
  random.Fill(absl::MakeSpan(bytes));
  HashKey key;
  std::memcpy(key.data(), bytes.data(), bytes.size());
  return key;
}

// Buckets that share a lock, and a view of time that never goes back. The clock is read under the lock: read
// outside, two threads would bring their readings in the wrong order, which looks like a clock that steps
// back.
class Stripe {
 public:
  void Init(size_t buckets, UnixMillis now) {
    absl::MutexLock lock(&mutex_);
    tats_.assign(buckets, 0);
    last_reading_ = now;
  }

  Admission Acquire(uint64_t place, const Gcra& gcra, const Clock& clock) {
    absl::MutexLock lock(&mutex_);
    const int64_t now = Advance(clock.Now());
    int64_t& tat = tats_[place % tats_.size()];
    Admission admission;
    const int64_t wait = gcra.TimeUntil(tat, now);
    admission.allowed = wait == 0;
    admission.retry_after = absl::Nanoseconds(wait);
    if (admission.allowed) tat = gcra.Charge(tat, now);
    return admission;
  }

 private:
  // The nanoseconds passed since Init, as far as the clock went forward.
  int64_t Advance(UnixMillis reading) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    int64_t passed = 0;
    if (__builtin_sub_overflow(reading, last_reading_, &passed))
      passed = reading > last_reading_ ? kForever : 0;
    passed = std::clamp<int64_t>(passed, 0, kForever / kNanosPerMilli) * kNanosPerMilli;
    last_reading_ = reading;
    if (__builtin_add_overflow(elapsed_, passed, &elapsed_)) elapsed_ = kForever;
    return elapsed_;
  }

  absl::Mutex mutex_;
  UnixMillis last_reading_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t elapsed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<int64_t> tats_ ABSL_GUARDED_BY(mutex_);
};

class LocalRateLimiter final : public RateLimiter {
 public:
  LocalRateLimiter(const Clock& clock, Random& random, size_t buckets)
      : clock_(clock), key_(DrawKey(random)) {
    const UnixMillis now = clock.Now();
    // Rounded up; a table of one is one bucket (tests), not one per stripe.
    used_stripes_ = std::min(buckets, stripes_.size());
    for (Stripe& stripe : stripes_) stripe.Init((buckets + used_stripes_ - 1) / used_stripes_, now);
  }

  Task<absl::StatusOr<Admission>> Acquire(std::string bucket, RateLimit limit) override {
    co_return TakeOne(bucket, limit);
  }

  bool AnswersAtOnce() const override { return true; }

  Task<absl::Status> CheckReady() override { co_return absl::OkStatus(); }

 private:
  absl::StatusOr<Admission> TakeOne(const std::string& bucket, const RateLimit& limit) {
    const int64_t window = absl::ToInt64Nanoseconds(limit.window);
    if (limit.attempts <= 0 || window <= 0) {
      return absl::InvalidArgumentError(
          "a rate limit needs a positive number of attempts and a positive window");
    }
    // Rounded up, so that no more than `attempts` come back within a window.
    const int64_t interval = window / limit.attempts + (window % limit.attempts != 0 ? 1 : 0);
    const uint64_t place = SipHashC(key_.data(), bucket.data(), bucket.size());
    return stripes_[place % used_stripes_].Acquire(place / used_stripes_, Gcra(interval, limit.attempts),
                                                   clock_);
  }

  const Clock& clock_;
  const HashKey key_;
  size_t used_stripes_;
  std::array<Stripe, 64> stripes_;
};

}  // namespace

std::unique_ptr<RateLimiter> NewLocalRateLimiter(const Clock& clock, Random& random, size_t buckets) {
  return std::make_unique<LocalRateLimiter>(clock, random, buckets);
}

}  // namespace twofold
