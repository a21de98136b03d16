#ifndef TWOFOLD_COMMON_SLEEPING_LOOP_H_
#define TWOFOLD_COMMON_SLEEPING_LOOP_H_

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "asio/execution_context.hpp"
#include "asio/io_context.hpp"
#include "common/descriptor_monitor.h"

namespace twofold {

// A service of an io_context whose thread sleeps in a completion queue and polls the context
// between two sleeps. Sockets and timers may live on such a context. Their owners say here what
// must wake the thread. Everything but the constructor is called on that thread.
class SleepingLoop final : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;

  explicit SleepingLoop(asio::execution_context& context) : asio::execution_context::service(context) {}

  // Call it once, before anything else. `wake` may be called on any thread. `monitor` outlives the
  // context.
  void Start(DescriptorMonitor& monitor, std::function<void()> wake) {
    monitor_ = &monitor;
    wake_ = std::move(wake);
  }

  // The service of `context`. Null when its thread does not sleep elsewhere.
  static SleepingLoop* Of(asio::execution_context& context) {
    return asio::has_service<SleepingLoop>(context) ? &asio::use_service<SleepingLoop>(context) : nullptr;
  }

  // While this exists, the thread wakes up when `descriptor` can be read, and every 20 ms for
  // timers.
  class ReadWakeup {
   public:
    ReadWakeup(SleepingLoop& loop, int descriptor)
        : loop_(loop), monitored_(loop.monitor_->Add(descriptor, loop.wake_)) {
      loop_.monitored_.push_back(monitored_);
    }
    ~ReadWakeup();
    ReadWakeup(const ReadWakeup&) = delete;
    ReadWakeup& operator=(const ReadWakeup&) = delete;

   private:
    SleepingLoop& loop_;
    const int monitored_;
  };

  // While this exists, the thread polls the context every 5 ms. This is for rare work, such as
  // connecting. A null `loop` is allowed and does nothing.
  class Polling {
   public:
    explicit Polling(SleepingLoop* loop) : loop_(loop) {
      if (loop_ != nullptr) ++loop_->polling_;
    }
    ~Polling() {
      if (loop_ != nullptr) --loop_->polling_;
    }
    Polling(const Polling&) = delete;
    Polling& operator=(const Polling&) = delete;

   private:
    SleepingLoop* const loop_;
  };

  // Call it before the thread falls asleep. A descriptor that can be read, now or later, will call
  // `wake`.
  void Arm() {
    for (const int monitored : monitored_) monitor_->Arm(monitored);
  }
  // After this time the thread must poll the context.
  absl::Duration LongestSleep() const {
    if (polling_ > 0) return absl::Milliseconds(5);
    return monitored_.empty() ? absl::InfiniteDuration() : absl::Milliseconds(20);
  }

 private:
  void shutdown() override {}

  DescriptorMonitor* monitor_ = nullptr;
  std::function<void()> wake_;
  std::vector<int> monitored_;
  int polling_ = 0;
};

inline SleepingLoop::ReadWakeup::~ReadWakeup() {
  // Erases one entry only. Several are -1 when the process has run out of descriptors.
  loop_.monitored_.erase(std::find(loop_.monitored_.begin(), loop_.monitored_.end(), monitored_));
  if (monitored_ >= 0) loop_.monitor_->Remove(monitored_);
}

}  // namespace twofold

#endif  // TWOFOLD_COMMON_SLEEPING_LOOP_H_
