#ifndef TWOFOLD_COMMON_WORKER_THREAD_H_
#define TWOFOLD_COMMON_WORKER_THREAD_H_

#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace twofold {

// A bounded queue of items and one thread that takes everything that has queued and handles it as one batch:
// the batch grows by itself while the previous one is worked on. Thread-safe.
template <typename Item>
class WorkerThread {
 public:
  // `handle` runs on the worker's thread, never with an empty batch, and must not throw.
  WorkerThread(size_t max_queued, absl::AnyInvocable<void(std::vector<Item>)> handle)
      : max_queued_(max_queued), handle_(std::move(handle)), thread_([this] { Run(); }) {}

  // Handles what has queued, then ends the thread.
  ~WorkerThread() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    thread_.join();
  }

  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  // False, with `item` untouched, when the queue is full.
  [[nodiscard]] bool TryPush(Item& item) {
    absl::MutexLock lock(&mutex_);
    if (queue_.size() >= max_queued_) return false;
    queue_.push_back(std::move(item));
    return true;
  }

 private:
  bool Ready() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); }

  void Run() {
    for (;;) {
      std::vector<Item> batch;
      {
        absl::MutexLock lock(&mutex_, absl::Condition(this, &WorkerThread::Ready));
        if (queue_.empty()) return;
        batch.swap(queue_);
      }
      handle_(std::move(batch));
    }
  }

  const size_t max_queued_;
  absl::Mutex mutex_;
  std::vector<Item> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::AnyInvocable<void(std::vector<Item>)> handle_;
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_WORKER_THREAD_H_
