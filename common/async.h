#ifndef TWOFOLD_COMMON_ASYNC_H_
#define TWOFOLD_COMMON_ASYNC_H_

#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asio.hpp"

// The coroutine seam. A flow is an asio::awaitable that reads top to bottom; whatever finishes on another
// thread comes back to the flow's own executor through Suspend. Nothing else in the project touches Asio's
// coroutine machinery.

namespace twofold {

// What a suspended flow waits for: called once, on any thread. Dropping it uncalled abandons the flow.
template <typename T>
using Completion = absl::AnyInvocable<void(T)>;

// Suspends the flow, hands a Completion<T> to `start`, and resumes on the flow's executor with the value
// given to it. `start` runs at once on the calling thread and must not throw.
template <typename T, typename Start>
asio::awaitable<T> Suspend(Start start) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [](auto handler, Start begin) {
        auto executor = asio::get_associated_executor(handler);
        // Tracked work keeps a plain io_context running while the flow is away.
        auto home = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        begin(Completion<T>([handler = std::move(handler), home = std::move(home)](T value) mutable {
          asio::post(home, [handler = std::move(handler), value = std::move(value)]() mutable {
            std::move(handler)(std::move(value));
          });
        }));
      },
      asio::use_awaitable, std::move(start));
}

// Runs two flows side by side on the flow's executor, whose work is done one piece after the other, and gives
// both results when both are there. An exception of either goes on once the other has ended, too: what they
// refer to is not gone under them.
template <typename First, typename Second>
asio::awaitable<std::pair<First, Second>> Both(asio::awaitable<First> first, asio::awaitable<Second> second) {
  struct {
    std::optional<Second> result;
    std::exception_ptr thrown;
    bool done = false;
    Completion<bool> resume;
  } beside;
  auto executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, std::move(second), [&beside](const std::exception_ptr& exception, Second result) {
    beside.thrown = exception;
    beside.result = std::move(result);
    beside.done = true;
    // Moved out, for it lives in the frame that it resumes.
    if (Completion<bool> resume = std::move(beside.resume)) std::move(resume)(true);
  });
  std::optional<First> result;
  std::exception_ptr thrown;
  try {
    First value = co_await std::move(first);
    result = std::move(value);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!beside.done) {
    auto start = [&beside](Completion<bool> resume) { beside.resume = std::move(resume); };
    co_await Suspend<bool>(std::move(start));
  }
  if (thrown) std::rethrow_exception(thrown);
  if (beside.thrown) std::rethrow_exception(beside.thrown);
  std::pair<First, Second> results(*std::move(result), *std::move(beside.result));
  co_return results;
}

// Counts flows under way. Thread-safe; counting is one atomic addition.
class InFlight {
 public:
  void Begin() { count_.fetch_add(1, std::memory_order_acq_rel); }
  void End() { count_.fetch_sub(1, std::memory_order_acq_rel); }
  int64_t count() const { return count_.load(std::memory_order_acquire); }
  // False when flows were still under way at the end of `timeout`. Blocks, looking once a millisecond: for
  // shutting down.
  bool WaitForNone(absl::Duration timeout) const;

 private:
  std::atomic<int64_t> count_{0};
};

// The INTERNAL status of a flow that ended with an exception. Its message is for the log: the RPC edge sends
// none of it.
absl::Status FromException(const std::exception_ptr& exception);

// Runs `flow` on `executor` and calls `done` there, exactly once, with its result, a Status or a StatusOr; an
// exception becomes INTERNAL. The only way flows are started, because asio::detached swallows exceptions and
// would leave a call unanswered. `in_flight` outlives the flow.
template <typename Result, typename Done>
void Spawn(const asio::any_io_executor& executor, InFlight& in_flight, asio::awaitable<Result> flow,
           Done done) {
  in_flight.Begin();
  asio::co_spawn(
      executor, std::move(flow),
      [done = std::move(done), &in_flight](const std::exception_ptr& exception, Result result) mutable {
        if (exception) result = FromException(exception);
        done(std::move(result));
        in_flight.End();
      });
}

// Runs `flow` on the calling thread until it is done: for start-up, commands and tests, never on a request's
// path.
template <typename T>
T BlockOn(asio::awaitable<T> flow) {
  asio::io_context context;
  std::optional<T> out;
  std::exception_ptr thrown;
  asio::co_spawn(
      context,
      [](asio::awaitable<T> inner, std::optional<T>& result) -> asio::awaitable<void> {
        result = co_await std::move(inner);
      }(std::move(flow), out),
      [&thrown](std::exception_ptr exception) { thrown = std::move(exception); });
  context.run();
  if (thrown) std::rethrow_exception(thrown);
  return *std::move(out);
}

}  // namespace twofold

#endif  // TWOFOLD_COMMON_ASYNC_H_
