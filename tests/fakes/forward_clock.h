#ifndef TWOFOLD_TESTS_FAKES_FORWARD_CLOCK_H_
#define TWOFOLD_TESTS_FAKES_FORWARD_CLOCK_H_

#include <algorithm>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock.h"

namespace twofold {

// Another machine's clock. Time passes there as it does on `base`, and setting `base` back changes
// nothing. Thread-safe. `base` must outlive it.
class ForwardClock final : public Clock {
 public:
  explicit ForwardClock(const Clock& base) : base_(base), last_(base.Now()), now_(last_) {}

  UnixMillis Now() const override {
    absl::MutexLock lock(&mutex_);
    const UnixMillis reading = base_.Now();
    now_ += std::max<int64_t>(reading - last_, 0);
    last_ = reading;
    return now_;
  }

 private:
  const Clock& base_;
  mutable absl::Mutex mutex_;
  mutable UnixMillis last_ ABSL_GUARDED_BY(mutex_);
  mutable UnixMillis now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_FORWARD_CLOCK_H_
