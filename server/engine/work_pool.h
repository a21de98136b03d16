#ifndef TWOFOLD_SERVER_ENGINE_WORK_POOL_H_
#define TWOFOLD_SERVER_ENGINE_WORK_POOL_H_

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "asio/post.hpp"
#include "asio/thread_pool.hpp"
#include "common/async.h"
#include "server/errors.h"

namespace twofold {

// Threads for computations that are too long for a request thread. Each kind of work has a pool of its own,
// so that no kind waits for another. Thread-safe.
class WorkPool {
 public:
  // At most `max_waiting` pieces of work wait or run. `niceness` (setpriority(2)) is added to what the
  // process has: work with a higher number leaves the processor to everything else.
  WorkPool(size_t threads, int64_t max_waiting, int niceness = 0)
      : max_waiting_(max_waiting), niceness_(niceness), pool_(threads) {}

  // Finishes what was begun.
  ~WorkPool() { pool_.join(); }

  // Whether Run would refuse at this moment.
  bool IsFull() const { return waiting_.load(std::memory_order_relaxed) >= max_waiting_; }

  // The result of `work`, run on one of the pool's threads; OVERLOADED when too much waits for one. `work`
  // must not throw.
  template <typename T, typename Work>
  Task<absl::StatusOr<T>> Run(Work work) {
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= max_waiting_) {
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      co_return OverloadedError();
    }
    // optional, because a completion's value need not be default-constructible.
    std::optional<T> result =
        co_await Await<std::optional<T>>([this, &work](Completion<std::optional<T>> done) {
          asio::post(pool_, [this, &work, done = std::move(done)]() mutable {
            if (niceness_ != 0) GiveWay();
            std::optional<T> value(work());
            waiting_.fetch_sub(1, std::memory_order_relaxed);
            std::move(done)(std::move(value));
          });
        });
    co_return *std::move(result);
  }

 private:
  // Linux keeps the niceness of each thread. One that may not be changed stays as it was.
  void GiveWay() const {
    thread_local bool done = false;
    if (done) return;
    done = true;
    const id_t thread = static_cast<id_t>(gettid());
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + niceness_);
  }

  const int64_t max_waiting_;
  const int niceness_;
  std::atomic<int64_t> waiting_{0};
  asio::thread_pool pool_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_WORK_POOL_H_
