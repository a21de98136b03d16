#ifndef TWOFOLD_SERVER_ENGINE_WORK_POOL_H_
#define TWOFOLD_SERVER_ENGINE_WORK_POOL_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "asio/post.hpp"
#include "asio/thread_pool.hpp"
#include "common/async.h"
#include "server/engine/errors.h"

namespace twofold {

// Threads for computations too long for a request thread: password hashes and QR codes. Thread-safe.
class WorkPool {
 public:
  WorkPool(size_t threads, int64_t max_waiting) : max_waiting_(max_waiting), pool_(threads) {}

  // Finishes what was begun.
  ~WorkPool() { pool_.join(); }

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
        co_await Suspend<std::optional<T>>([this, &work](Completion<std::optional<T>> done) {
          asio::post(pool_, [this, &work, done = std::move(done)]() mutable {
            std::optional<T> value(work());
            waiting_.fetch_sub(1, std::memory_order_relaxed);
            std::move(done)(std::move(value));
          });
        });
    co_return *std::move(result);
  }

 private:
  const int64_t max_waiting_;
  std::atomic<int64_t> waiting_{0};
  asio::thread_pool pool_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_WORK_POOL_H_
