#ifndef TWOFOLD_COMMON_ASYNC_H_
#define TWOFOLD_COMMON_ASYNC_H_

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asio.hpp"
#include "common/task.h"

// Starts tasks (common/task.h), makes them wait for work that finishes elsewhere, and ends them.
// Only code that reads and writes sockets uses Asio's own coroutines (storage/redis/transport.h).

namespace twofold {

// Resumes a suspended task with a value. It may be called once, on any thread. Destroying it
// uncalled abandons the task and all tasks that wait for it.
template <typename T>
using Completion = absl::AnyInvocable<void(T)>;

// The result of Await, which must be awaited at once. It lives in the frame of the task that awaits
// it.
template <typename T, typename Start>
class [[nodiscard]] Suspension {
 public:
  explicit Suspension(Start start) : start_(std::move(start)) {}
  Suspension(const Suspension&) = delete;
  Suspension& operator=(const Suspension&) = delete;

  bool await_ready() const noexcept { return false; }

  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    task_ = task;
    run_ = &task.promise().run();
    // A plain io_context keeps running while the task is away.
    executor_ = asio::prefer(run_->executor(), asio::execution::outstanding_work.tracked);
    // The frame, and this object in it, may be destroyed before `start` returns.
    Start start = std::move(start_);
    start(Completion<T>([owner = Owner(this)](T value) mutable {
      Suspension& self = *owner;
      self.value_.emplace(std::move(value));
      // Moved out, because the run and its io_context may be destroyed before `execute` returns.
      const asio::any_io_executor executor = std::exchange(self.executor_, asio::any_io_executor());
      executor.execute([owner = std::move(owner)]() mutable {
        Suspension& resumed = owner.Release();
        resumed.run_->Resume(resumed.task_);
      });
    }));
  }

  // The task is resumed only after the value was set.
  T await_resume() { return *std::move(value_); }  // NOLINT(bugprone-unchecked-optional-access)

 private:
  class Owner {
   public:
    explicit Owner(Suspension* suspension) noexcept : suspension_(suspension) {}
    Owner(Owner&& other) noexcept : suspension_(std::exchange(other.suspension_, nullptr)) {}
    Owner& operator=(Owner&&) = delete;
    ~Owner() {
      if (suspension_ != nullptr) delete suspension_->run_;
    }
    Suspension& operator*() const { return *suspension_; }
    Suspension& Release() { return *std::exchange(suspension_, nullptr); }

   private:
    Suspension* suspension_;
  };

  Start start_;
  std::coroutine_handle<> task_;
  TaskRun* run_ = nullptr;
  asio::any_io_executor executor_;
  std::optional<T> value_;
};

// Suspends the task, hands a Completion<T> to `start`, and resumes on the task's executor with the
// value given to it. `start` runs at once on the calling thread and must not throw.
template <typename T, typename Start>
Suspension<T, Start> Await(Start start) {
  return Suspension<T, Start>(std::move(start));
}

// Runs `task` on the calling thread, which is the thread of `executor`. `done` gets the ended task,
// on the same thread, and may call its TakeResult. `token` outlives the task.
template <typename T, typename Done>
void Start(const asio::any_io_executor& executor, Task<T> task, Done done,
           const CancellationToken* token = nullptr) {
  class Started final : public TaskRun {
   public:
    Started(const asio::any_io_executor& on, const CancellationToken* token, Task<T> what, Done then)
        : TaskRun(on, token), task_(std::move(what)), done_(std::move(then)) {}

    void Begin() { task_.Begin(*this); }

   private:
    void Ended() override {
      const std::unique_ptr<Started> self(this);
      done_(std::move(task_));
    }

    Task<T> task_;
    Done done_;
  };
  auto* const run = new Started(executor, token, std::move(task), std::move(done));
  run->Begin();  // NOLINT: it deletes itself.
}

// Runs two tasks at the same time on the executor of the calling task, which has one thread.
// Returns both results when both tasks have ended. An exception of one task is rethrown after the
// other has ended too, so that the objects that it refers to still exist.
template <typename First, typename Second>
Task<std::pair<First, Second>> WhenAll(Task<First> first, Task<Second> second) {
  struct Beside {
    std::optional<Task<First>> ended;
    Completion<bool> resume;
  };
  // Shared, because either task may be destroyed first when they are abandoned.
  const auto beside = std::make_shared<Beside>();
  const TaskRun& run = co_await CurrentRun();
  auto first_done = [beside](Task<First> ended) {
    beside->ended.emplace(std::move(ended));
    if (Completion<bool> resume = std::move(beside->resume)) std::move(resume)(true);
  };
  Start(run.executor(), std::move(first), std::move(first_done), run.token());
  std::optional<Second> result;
  std::exception_ptr thrown;
  try {
    Second value = co_await std::move(second);
    result.emplace(std::move(value));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!beside->ended.has_value()) {
    co_await Await<bool>([&beside](Completion<bool> resume) { beside->resume = std::move(resume); });
  }
  First first_result = beside->ended->TakeResult();
  if (thrown) std::rethrow_exception(thrown);
  std::pair<First, Second> results(std::move(first_result), *std::move(result));
  co_return results;
}

// Runs all tasks at the same time on the executor of the calling task, which has one thread. Returns
// when all have ended. If some end with an exception, one of them is rethrown then.
inline Task<void> WhenAll(std::vector<Task<void>> tasks) {
  struct Group {
    size_t left;
    std::exception_ptr thrown;
    Completion<bool> resume;
  };
  // Shared, because the tasks may be destroyed in any order when they are abandoned.
  const auto group = std::make_shared<Group>();
  group->left = tasks.size();
  const TaskRun& run = co_await CurrentRun();
  for (Task<void>& task : tasks) {
    auto done = [group](Task<void> ended) {
      try {
        ended.TakeResult();
      } catch (...) {
        group->thrown = std::current_exception();
      }
      --group->left;
      if (Completion<bool> resume = group->left == 0 ? std::move(group->resume) : Completion<bool>()) {
        std::move(resume)(true);
      }
    };
    Start(run.executor(), std::move(task), std::move(done), run.token());
  }
  if (group->left > 0) {
    co_await Await<bool>([&group](Completion<bool> resume) { group->resume = std::move(resume); });
  }
  if (group->thrown) std::rethrow_exception(group->thrown);
}

// Suspends the task for `delay`, by a timer of `timers`.
inline Task<void> Sleep(asio::any_io_executor timers, absl::Duration delay) {
  co_await Await<bool>([&timers, delay](Completion<bool> done) {
    auto timer = std::make_shared<asio::steady_timer>(timers, absl::ToChronoNanoseconds(delay));
    timer->async_wait([timer, done = std::move(done)](asio::error_code) mutable { std::move(done)(true); });
  });
}

// Counts tasks under way, with one atomic addition. Thread-safe.
class InFlight {
 public:
  void Begin() { count_.fetch_add(1, std::memory_order_acq_rel); }
  void End() { count_.fetch_sub(1, std::memory_order_acq_rel); }
  int64_t count() const { return count_.load(std::memory_order_acquire); }
  // Returns false if tasks were still under way at the end of `timeout`. Blocks and polls once a
  // millisecond, so it is for shutting down.
  bool WaitForNone(absl::Duration timeout) const;

 private:
  std::atomic<int64_t> count_{0};
};

// The INTERNAL status of a task that ended with an exception. Its message is for the log, and the
// RPC edge never sends it.
absl::Status FromException(const std::exception_ptr& exception);

// The result of an ended task that returns a Status or a StatusOr. An exception becomes INTERNAL.
template <typename Result>
Result ResultOf(Task<Result> ended) {
  try {
    return ended.TakeResult();
  } catch (...) {
    return FromException(std::current_exception());
  }
}

// Starts `task` on `executor`, whose thread this is, and calls `done` there, exactly once, with its
// ResultOf. `in_flight` outlives the task.
template <typename Result, typename Done>
void Spawn(const asio::any_io_executor& executor, InFlight& in_flight, Task<Result> task, Done done) {
  in_flight.Begin();
  Start(executor, std::move(task), [done = std::move(done), &in_flight](Task<Result> ended) mutable {
    done(ResultOf(std::move(ended)));
    in_flight.End();
  });
}

// Runs `task` on the calling thread until it has ended. It is for start-up, commands and tests, and
// never for the path of a request.
template <typename T>
T SyncWait(Task<T> task) {
  asio::io_context context;
  std::optional<Task<T>> ended;
  Start(context.get_executor(), std::move(task), [&ended](Task<T> done) { ended.emplace(std::move(done)); });
  context.run();
  return ended->TakeResult();
}

}  // namespace twofold

#endif  // TWOFOLD_COMMON_ASYNC_H_
