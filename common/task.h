#ifndef TWOFOLD_COMMON_TASK_H_
#define TWOFOLD_COMMON_TASK_H_

#include <atomic>
#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "asio/any_io_executor.hpp"
#include "asio/execution.hpp"
#include "asio/require.hpp"

// Coroutines that suspend instead of blocking. common/async.h starts them and makes them wait.

namespace twofold {

// Whether a caller still waits for the result of a run of tasks. Work that was not started when the
// token ends need not be started. Thread-safe.
class CancellationToken {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit CancellationToken(TimePoint until = TimePoint::max()) : until_(until) {}
  // Call it before the run begins.
  void LimitTo(TimePoint until) { until_ = until; }
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool Lasts(TimePoint now) const { return now < until_ && !cancelled_.load(std::memory_order_relaxed); }

 private:
  TimePoint until_;
  std::atomic<bool> cancelled_{false};
};

// A chain of tasks that wait for each other, from the start of the outermost task to its end. At
// any time one of them runs, on the executor's thread, or all are suspended.
class TaskRun {
 public:
  // `token` outlives the run. Null: it never ends.
  TaskRun(const asio::any_io_executor& executor, const CancellationToken* token)
      : executor_(asio::require(executor, asio::execution::blocking.never)), token_(token) {}
  // Destroys the tasks where they are suspended.
  virtual ~TaskRun() = default;
  TaskRun(const TaskRun&) = delete;
  TaskRun& operator=(const TaskRun&) = delete;

  const asio::any_io_executor& executor() const { return executor_; }
  const CancellationToken* token() const { return token_; }

  // Runs the tasks until they are suspended or the outermost one has ended. Once they are
  // suspended, another thread may resume and destroy the run, so no member is touched after that.
  void Resume(std::coroutine_handle<> task) {
    Step step{task};
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
    step_ = &step;
#ifndef __clang__
#pragma GCC diagnostic pop
#endif
    // A loop, so that tasks that are never suspended do not pile up on the stack.
    while (step.next) std::exchange(step.next, nullptr).resume();
    if (step.ended) Ended();
  }
  // The running task calls this to hand over to `task`.
  void GoOnWith(std::coroutine_handle<> task) { step_->next = task; }
  void End() { step_->ended = true; }

 protected:
  // Called when the outermost task has a result.
  virtual void Ended() = 0;

 private:
  struct Step {
    std::coroutine_handle<> next;
    bool ended = false;
  };

  const asio::any_io_executor executor_;
  const CancellationToken* const token_;
  Step* step_ = nullptr;
};

template <typename T>
class Task;

class TaskPromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }
  auto final_suspend() noexcept {
    struct Final {
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) noexcept {
        if (promise.continuation_) {
          promise.run_->GoOnWith(promise.continuation_);
        } else {
          promise.run_->End();
        }
      }
      void await_resume() noexcept {}
      TaskPromiseBase& promise;
    };
    return Final{*this};
  }
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

  // Called before the task runs. The outermost task has no continuation.
  void Join(TaskRun& run, std::coroutine_handle<> continuation) {
    run_ = &run;
    continuation_ = continuation;
  }
  TaskRun& run() const { return *run_; }

 protected:
  void RethrowIfThrown() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  TaskRun* run_ = nullptr;
  std::coroutine_handle<> continuation_;
  std::exception_ptr thrown_;
};

template <typename T>
class TaskPromise final : public TaskPromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <typename U>
  void return_value(U&& value) {
    result_.emplace(std::forward<U>(value));
  }
  T TakeResult() {
    RethrowIfThrown();
    return *std::move(result_);
  }

 private:
  std::optional<T> result_;
};

template <>
class TaskPromise<void> final : public TaskPromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void TakeResult() const { RethrowIfThrown(); }
};

// A coroutine that returns a T, or an exception, to the coroutine that awaits it. It does not run
// before it is awaited or started (common/async.h). Arguments that it takes by reference must live
// until it has ended. A Task owns its frame.
template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  class Awaiter {
   public:
    explicit Awaiter(Handle task) noexcept : task_(task) {}
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
      TaskRun& run = waiting.promise().run();
      task_.promise().Join(run, waiting);
      run.GoOnWith(task_);
    }
    T await_resume() { return task_.promise().TakeResult(); }

   private:
    const Handle task_;
  };
  Awaiter operator co_await() && noexcept { return Awaiter(handle_); }

  // For a task that is not awaited: starts it in `run`. Once it has ended, TakeResult returns its
  // result or throws its exception.
  void Begin(TaskRun& run) {
    handle_.promise().Join(run, nullptr);
    run.Resume(handle_);
  }
  T TakeResult() { return handle_.promise().TakeResult(); }

 private:
  Handle handle_;
};

template <typename T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(Task<T>::Handle::from_promise(*this));
}

inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(Task<void>::Handle::from_promise(*this));
}

// `co_await CurrentRun()` returns the run of the current task. Do not write it inside the arguments
// of a call, where GCC 12 loses values.
struct CurrentRun {
  bool await_ready() const noexcept { return false; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> task) noexcept {
    run = &task.promise().run();
    return false;
  }
  const TaskRun& await_resume() const noexcept { return *run; }

  const TaskRun* run = nullptr;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_TASK_H_
