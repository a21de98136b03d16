#include "storage/local/local_rate_limiter.h"

#include <highwayhash/c_bindings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <ranges>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/inlined_vector.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/gcra.h"

namespace twofold {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kNanosPerMilli = 1'000'000;

// Names with windows from here on have a table of their own. A bucket that takes a day to fill would
// otherwise keep the login that it meets refused for hours.
constexpr absl::Duration kLongWindow = absl::Minutes(30);

using HashKey = std::array<uint64_t, 2>;

HashKey DrawKey(Random& random) {
  std::array<uint8_t, 16> bytes;
  random.Fill(absl::MakeSpan(bytes));
  HashKey key;
  std::memcpy(key.data(), bytes.data(), bytes.size());
  return key;
}

// Buckets that share a lock, and a view of time that never goes back. The clock is read under the
// lock: read outside, two threads would bring their readings in the wrong order, which looks like a
// clock that steps back.
class Stripe {
 public:
  void Init(size_t buckets, UnixMillis now) {
    absl::MutexLock lock(&mutex_);
    tats_.assign(buckets, 0);
    last_reading_ = now;
  }

  absl::Mutex& mutex() ABSL_LOCK_RETURNED(mutex_) { return mutex_; }

  int64_t& TatOf(uint64_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return tats_[place % tats_.size()]; }

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

 private:
  absl::Mutex mutex_;
  UnixMillis last_reading_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t elapsed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<int64_t> tats_ ABSL_GUARDED_BY(mutex_);
};

// A bucket in the table.
struct Place {
  Stripe* stripe;
  uint64_t place;
  Gcra gcra;
  // Its tat before the call.
  int64_t before = 0;
};

// As many as a call has.
using Places = absl::InlinedVector<Place, 5>;

// Holds the locks of all stripes of `places`, which are in the order of their stripes: all calls
// lock in the same order.
class AllLocks {
 public:
  explicit AllLocks(const Places& places) ABSL_NO_THREAD_SAFETY_ANALYSIS : places_(places) {
    ForEach([](Stripe& stripe) ABSL_NO_THREAD_SAFETY_ANALYSIS { stripe.mutex().Lock(); });
  }
  ~AllLocks() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    ForEach([](Stripe& stripe) ABSL_NO_THREAD_SAFETY_ANALYSIS { stripe.mutex().Unlock(); });
  }
  AllLocks(const AllLocks&) = delete;
  AllLocks& operator=(const AllLocks&) = delete;

 private:
  template <typename Action>
  void ForEach(Action action) {
    const Stripe* last = nullptr;
    for (const Place& place : places_) {
      if (place.stripe != last) action(*place.stripe);
      last = place.stripe;
    }
  }

  const Places& places_;
};

class LocalRateLimiter final : public RateLimiter {
 public:
  LocalRateLimiter(const Clock& clock, Random& random, size_t buckets)
      : clock_(clock), key_(DrawKey(random)) {
    const UnixMillis now = clock.Now();
    // Rounded up; a table of one is one bucket (tests), not one per stripe.
    used_stripes_ = std::min(buckets, short_.size());
    for (Stripes* const table : {&short_, &long_}) {
      for (Stripe& stripe : *table) stripe.Init((buckets + used_stripes_ - 1) / used_stripes_, now);
    }
  }

  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket> buckets) override {
    absl::StatusOr<Places> places = PlacesOf(buckets);
    if (!places.ok()) co_return places.status();
    co_return TakeAll(*places);
  }

  Task<absl::Status> GiveBack(std::vector<Bucket> buckets) override {
    co_return ForEach(buckets, [](const Gcra& gcra, int64_t& tat) { tat = gcra.GiveBack(tat); });
  }

  Task<absl::Status> Fill(std::vector<Bucket> buckets) override {
    co_return ForEach(buckets, [](const Gcra&, int64_t& tat) { tat = 0; });
  }

  Task<absl::Status> CheckReady() override { co_return absl::OkStatus(); }

 private:
  using Stripes = std::array<Stripe, 64>;

  // In the order of their stripes.
  absl::StatusOr<Places> PlacesOf(const std::vector<Bucket>& buckets) {
    if (buckets.empty()) return absl::InvalidArgumentError("no bucket is named");
    Places places;
    for (const Bucket& bucket : buckets) {
      const int64_t window = absl::ToInt64Nanoseconds(bucket.limit.window);
      const int64_t attempts = bucket.limit.attempts;
      if (attempts <= 0 || window <= 0) {
        return absl::InvalidArgumentError(
            "a rate limit needs a positive number of attempts and a positive window");
      }
      // Rounded up, so that no more than `attempts` come back within a window.
      const int64_t interval = window / attempts + (window % attempts != 0 ? 1 : 0);
      const uint64_t hash = SipHashC(key_.data(), bucket.name.data(), bucket.name.size());
      Stripes& table = bucket.limit.window < kLongWindow ? short_ : long_;
      places.push_back({&table[hash % used_stripes_], hash / used_stripes_, Gcra(interval, attempts)});
    }
    std::sort(places.begin(), places.end(),
              [](const Place& a, const Place& b) { return std::less<>()(a.stripe, b.stripe); });
    return places;
  }

  AcquireResult TakeAll(Places& places) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const AllLocks locks(places);
    const UnixMillis reading = clock_.Now();
    int64_t longest = 0;
    for (Place& place : places) {
      int64_t& tat = place.stripe->TatOf(place.place);
      const int64_t now = place.stripe->Advance(reading);
      place.before = tat;
      longest = std::max(longest, place.gcra.TimeUntil(tat, now));
      // At once, since the next name may meet this one.
      tat = place.gcra.Charge(tat, now);
    }
    AcquireResult acquired;
    acquired.allowed = longest == 0;
    acquired.retry_after = absl::Nanoseconds(longest);
    if (acquired.allowed) return acquired;
    for (const Place& place : std::views::reverse(places)) place.stripe->TatOf(place.place) = place.before;
    return acquired;
  }

  template <typename Change>
  absl::Status ForEach(const std::vector<Bucket>& buckets, Change change) {
    absl::StatusOr<Places> places = PlacesOf(buckets);
    if (!places.ok()) return places.status();
    for (const Place& place : *places) {
      absl::MutexLock lock(&place.stripe->mutex());
      change(place.gcra, place.stripe->TatOf(place.place));
    }
    return absl::OkStatus();
  }

  const Clock& clock_;
  const HashKey key_;
  size_t used_stripes_;
  Stripes short_;
  Stripes long_;
};

}  // namespace

std::unique_ptr<RateLimiter> NewLocalRateLimiter(const Clock& clock, Random& random, size_t buckets) {
  return std::make_unique<LocalRateLimiter>(clock, random, buckets);
}

}  // namespace twofold
