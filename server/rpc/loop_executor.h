#ifndef TWOFOLD_SERVER_RPC_LOOP_EXECUTOR_H_
#define TWOFOLD_SERVER_RPC_LOOP_EXECUTOR_H_

#include <utility>

#include "asio/execution.hpp"
#include "asio/execution_context.hpp"
#include "server/rpc/request_loop.h"

namespace twofold {

// Presents a RequestLoop as an Asio executor. Unlike the executor of the io_context it wakes a
// thread that blocks in the completion queue.
class LoopExecutor {
 public:
  // `inline_allowed` says whether work that is submitted on the loop's own thread may run at once.
  LoopExecutor(RequestLoop& loop, bool inline_allowed) : loop_(&loop), inline_allowed_(inline_allowed) {}

  asio::execution_context& query(asio::execution::context_t) const noexcept { return loop_->context(); }

  asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept {
    if (inline_allowed_) return asio::execution::blocking.possibly;
    return asio::execution::blocking.never;
  }
  LoopExecutor require(asio::execution::blocking_t::never_t) const noexcept { return {*loop_, false}; }
  LoopExecutor require(asio::execution::blocking_t::possibly_t) const noexcept { return {*loop_, true}; }

  template <typename Work>
  void execute(Work&& work) const {
    if (inline_allowed_ && loop_->OnLoopThread()) {
      auto now = std::forward<Work>(work);
      std::move(now)();
      return;
    }
    loop_->Post(std::forward<Work>(work));
  }

  friend bool operator==(const LoopExecutor& a, const LoopExecutor& b) noexcept {
    return a.loop_ == b.loop_ && a.inline_allowed_ == b.inline_allowed_;
  }
  friend bool operator!=(const LoopExecutor& a, const LoopExecutor& b) noexcept { return !(a == b); }

 private:
  RequestLoop* loop_;
  bool inline_allowed_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LOOP_EXECUTOR_H_
