#ifndef TWOFOLD_SERVER_START_GATE_H_
#define TWOFOLD_SERVER_START_GATE_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/steady.h"

namespace twofold {

// Between the thread that starts a server, those that wait for it, and whoever stops it. A stop is heeded at
// once, even while the starting thread hangs in a look at another machine. Only while that thread makes
// something that must not be left half made, a stop waits for it. Thread-safe.
class StartGate {
 public:
  // For any thread; idempotent.
  void Stop() {
    absl::MutexLock lock(&mutex_);
    // Before the starting thread can see it and end, whose result would pass for the reason to end.
    stopping_ = true;
    stop_.Set();
    changed_.Set();
  }
  // False when nobody has called Stop within `time`.
  bool AwaitStop(absl::Duration time) { return stop_.WaitFor(time); }

  // For the starting thread. False, at once, when the server is to stop.
  bool Pause(absl::Duration time) { return !stop_.WaitFor(time); }
  // False when the server is to stop: then nothing may be made. True: the stop waits until EndMaking.
  bool BeginMaking() {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) making_ = true;
    return making_;
  }
  void EndMaking() {
    absl::MutexLock lock(&mutex_);
    making_ = false;
    changed_.Set();
  }
  // Between these two the starting thread asks another machine, which may hang. AwaitStart waits for it until
  // `limit`, and no longer.
  void BeginReaching(absl::string_view what, SteadyTime limit) {
    absl::MutexLock lock(&mutex_);
    reaching_.emplace(Reaching{std::string(what), limit});
    changed_.Set();
  }
  void EndReaching() {
    absl::MutexLock lock(&mutex_);
    reaching_.reset();
  }
  // The last thing that the starting thread does here.
  void Finish(absl::Status result) {
    absl::MutexLock lock(&mutex_);
    result_ = std::move(result);
    making_ = false;
    finished_ = true;
    end_.Set();
    changed_.Set();
  }

  // What came of the start; CANCELLED when the server is to stop first. DEADLINE_EXCEEDED: another machine
  // hangs, and the starting thread is stopped and left behind. Once.
  absl::Status AwaitStart() {
    for (;;) {
      changed_.Clear();
      absl::Duration left = absl::InfiniteDuration();
      {
        absl::MutexLock lock(&mutex_);
        if (finished_ || (stopping_ && !making_)) {
          return stopping_ ? absl::CancelledError("the server was told to stop") : result_;
        }
        if (reaching_.has_value()) {
          left = TimeUntil(reaching_->limit);
          if (left <= absl::ZeroDuration()) {
            stopping_ = true;
            stop_.Set();
            return absl::DeadlineExceededError(absl::StrCat("the ", reaching_->what, " does not answer"));
          }
        }
      }
      changed_.WaitFor(left);
    }
  }
  // False when the starting thread has not ended within `time`.
  bool AwaitFinish(absl::Duration time) { return end_.WaitFor(time); }

 private:
  struct Reaching {
    std::string what;
    SteadyTime limit;
  };

  // Something that AwaitStart looks at has changed.
  SteadyEvent changed_;
  // The same as stopping_ and finished_, for waits that end.
  SteadyEvent stop_;
  SteadyEvent end_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool making_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Reaching> reaching_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_START_GATE_H_
