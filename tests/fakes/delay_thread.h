#ifndef TWOFOLD_TESTS_FAKES_DELAY_THREAD_H_
#define TWOFOLD_TESTS_FAKES_DELAY_THREAD_H_

#include <thread>

#include "absl/time/time.h"
#include "asio.hpp"
#include "common/async.h"

namespace twofold {

// A thread that wakes any number of flows, each after a real delay. It must outlive the flows that
// wait on it.
class DelayThread {
 public:
  DelayThread() : work_(asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}

  ~DelayThread() {
    work_.reset();
    thread_.join();
  }

  // Suspends the flow for `delay`. Other flows on its executor go on.
  Task<void> Sleep(absl::Duration delay) { return twofold::Sleep(context_.get_executor(), delay); }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_DELAY_THREAD_H_
