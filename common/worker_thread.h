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
#include "common/loop_iteration.h"
#include "common/steady.h"

namespace twofold {

// A bounded queue and one thread that handles everything in the queue as one batch. A batch grows
// while the previous one is handled. A push wakes the thread only if it sleeps, at the end of the
// pusher's loop iteration (common/loop_iteration.h). Handling a batch is a loop iteration of this
// thread. Thread-safe.
template <typename Item>
class WorkerThread {
 public:
  // `handle` runs on the worker's thread, never with an empty batch, and must not throw. Before
  // each batch the thread waits for `linger`, so that under load no push has to wake it. That is
  // for items that can wait.
  WorkerThread(size_t max_queued, absl::AnyInvocable<void(std::vector<Item>)> handle,
               absl::Duration linger = absl::ZeroDuration())
      : max_queued_(max_queued), linger_(linger), handle_(std::move(handle)), thread_([this] { Run(); }) {}

  // Handles what is in the queue, then ends the thread.
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
    // After the lock is released, because the woken thread takes it first.
    if (wake)
      LoopIteration::DeferWake([](void* filled) { static_cast<absl::CondVar*>(filled)->Signal(); }, &filled_);
    return true;
  }

 private:
  // False when the queue is empty and will stay so.
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
      // Yields the processor to threads that fill the queue, so that the batch is larger. After a
      // batch of one, yielding would only make that caller wait longer.
      if (several) std::this_thread::yield();
      std::vector<Item> batch;
      {
        absl::MutexLock lock(&mutex_);
        batch.swap(queue_);
      }
      several = batch.size() > 1;
      const LoopIteration iteration;
      handle_(std::move(batch));
    }
  }

  const size_t max_queued_;
  const absl::Duration linger_;
  absl::Mutex mutex_;
  absl::CondVar filled_;
  // The thread sleeps, and no push has taken on the task of signalling `filled_`.
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Item> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::AnyInvocable<void(std::vector<Item>)> handle_;
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_WORKER_THREAD_H_
