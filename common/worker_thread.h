#ifndef TWOFOLD_COMMON_WORKER_THREAD_H_
#define TWOFOLD_COMMON_WORKER_THREAD_H_

#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/steady.h"
#include "common/turn.h"

namespace twofold {

// A bounded queue of items and one thread that takes everything that has queued and handles it as one batch:
// the batch grows by itself while the previous one is worked on. Thread-safe. A push wakes the thread only
// when it sleeps, at the end of the pusher's turn; handling a batch is a turn of this thread.
template <typename Item>
class WorkerThread {
 public:
  // `handle` runs on the worker's thread, never with an empty batch, and must not throw. For `linger` the
  // thread lets a batch grow, for items that are in no hurry: under load nobody has to wake it then.
  WorkerThread(size_t max_queued, absl::AnyInvocable<void(std::vector<Item>)> handle,
               absl::Duration linger = absl::ZeroDuration())
      : max_queued_(max_queued), linger_(linger), handle_(std::move(handle)), thread_([this] { Run(); }) {}

  // Handles what has queued, then ends the thread.
  ~WorkerThread() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      filled_.Signal();
    }
    thread_.join();
  }

  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  // False, with `item` untouched, when the queue is full.
  [[nodiscard]] bool TryPush(Item& item) {
    bool wake = false;
    {
      absl::MutexLock lock(&mutex_);
      if (queue_.size() >= max_queued_) return false;
      queue_.push_back(std::move(item));
      wake = std::exchange(asleep_, false);
    }
    // After the lock, which the woken thread takes first.
    if (wake) Turn::PutOff([](void* filled) { static_cast<absl::CondVar*>(filled)->Signal(); }, &filled_);
    return true;
  }

 private:
  // Whether there will be more.
  bool AwaitItems() {
    absl::MutexLock lock(&mutex_);
    while (!stopping_ && queue_.empty()) {
      asleep_ = true;
      filled_.Wait(&mutex_);
    }
    asleep_ = false;
    return !queue_.empty();
  }

  void Run() {
    bool several = false;
    while (AwaitItems()) {
      if (linger_ > absl::ZeroDuration()) SteadySleep(linger_);
      // Whoever fills the queue may be waiting for this processor: then the batch is larger for it. A caller
      // who is alone would only wait longer.
      if (several) std::this_thread::yield();
      std::vector<Item> batch;
      {
        absl::MutexLock lock(&mutex_);
        batch.swap(queue_);
      }
      several = batch.size() > 1;
      const Turn turn;
      handle_(std::move(batch));
    }
  }

  const size_t max_queued_;
  const absl::Duration linger_;
  absl::Mutex mutex_;
  absl::CondVar filled_;
  // Until somebody takes it upon themselves to signal `filled_`.
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Item> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::AnyInvocable<void(std::vector<Item>)> handle_;
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_WORKER_THREAD_H_
