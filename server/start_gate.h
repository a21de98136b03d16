#ifndef TWOFOLD_SERVER_START_GATE_H_
#define TWOFOLD_SERVER_START_GATE_H_

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
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
  }
  void AwaitStop() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&stopping_));
  }

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
  }
  // The last thing that the starting thread does here.
  void Finish(absl::Status result) {
    absl::MutexLock lock(&mutex_);
    result_ = std::move(result);
    making_ = false;
    finished_ = true;
    end_.Set();
  }

  // What came of the start; CANCELLED when the server is to stop first.
  absl::Status AwaitStart() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &StartGate::MayLeave));
    return stopping_ ? absl::CancelledError("the server was told to stop") : result_;
  }
  // False when the starting thread has not ended within `time`.
  bool AwaitFinish(absl::Duration time) { return end_.WaitFor(time); }

 private:
  bool MayLeave() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return finished_ || (stopping_ && !making_); }

  // The same as stopping_ and finished_, for waits that end.
  SteadyEvent stop_;
  SteadyEvent end_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool making_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_START_GATE_H_
