#ifndef TWOFOLD_COMMON_SLEEPING_LOOP_H_
#define TWOFOLD_COMMON_SLEEPING_LOOP_H_

#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <functional>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "asio/execution_context.hpp"
#include "asio/io_context.hpp"
#include "common/descriptor_watch.h"

namespace twofold {

// A service of an io_context whose thread sleeps elsewhere, in a completion queue, and looks into the context
// only between two sleeps: what lives on the context says here what the thread must wake up for. A context
// that has this service may hold sockets and timers of flows that run on the same thread. All on that thread,
// but for the constructor.
class SleepingLoop final : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;

  explicit SleepingLoop(asio::execution_context& context) : asio::execution_context::service(context) {}

  // Once, before anything else: `wake` may be called on any thread. `watch` outlives the context.
  void Start(DescriptorWatch& watch, std::function<void()> wake) {
    watch_ = &watch;
    wake_ = std::move(wake);
  }

  // Null: an ordinary context.
  static SleepingLoop* Of(asio::execution_context& context) {
    return asio::has_service<SleepingLoop>(context) ? &asio::use_service<SleepingLoop>(context) : nullptr;
  }

  // While one of these lives, the thread wakes up when the descriptor can be read, and every 20 ms for
  // timers.
  class Reading {
   public:
    Reading(SleepingLoop& loop, int descriptor)
        : loop_(loop), watched_(loop.watch_->Add(descriptor, loop.wake_)) {
      loop_.watched_.push_back(watched_);
    }
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    SleepingLoop& loop_;
    const int watched_;
  };

  // While one of these lives, the thread looks every 5 ms: for what happens rarely, such as connecting.
  class Turning {
   public:
    explicit Turning(SleepingLoop* loop) : loop_(loop) {
      if (loop_ != nullptr) ++loop_->turning_;
    }
    ~Turning() {
      if (loop_ != nullptr) --loop_->turning_;
    }
    Turning(const Turning&) = delete;
    Turning& operator=(const Turning&) = delete;

   private:
    SleepingLoop* const loop_;
  };

  // While one of these lives, so many replies are on their way to descriptors that are watched.
  class Awaiting {
   public:
    // `loop`: null for an ordinary context.
    Awaiting(SleepingLoop* loop, size_t replies) : loop_(loop), replies_(replies) {
      if (loop_ != nullptr) loop_->awaited_ += replies_;
    }
    Awaiting(Awaiting&& other) noexcept
        : loop_(std::exchange(other.loop_, nullptr)), replies_(other.replies_) {}
    Awaiting& operator=(Awaiting&&) = delete;
    ~Awaiting() {
      if (loop_ != nullptr) loop_->awaited_ -= replies_;
    }

   private:
    SleepingLoop* loop_;
    size_t replies_;
  };
  size_t awaited() const { return awaited_; }

  // Sleeps until there is something to read, without the watch, which costs a wake-up less; not longer than
  // `longest`, since of everything else the thread hears nothing meanwhile.
  void SleepUntilRead(absl::Duration longest) const;

  // Before falling asleep: what can be read, now or later, will call `wake`.
  void Arm() {
    for (const int watched : watched_) watch_->Arm(watched);
  }
  absl::Duration LongestSleep() const {
    if (turning_ > 0) return absl::Milliseconds(5);
    return watched_.empty() ? absl::InfiniteDuration() : absl::Milliseconds(20);
  }

 private:
  void shutdown() override {}

  DescriptorWatch* watch_ = nullptr;
  std::function<void()> wake_;
  std::vector<int> watched_;
  int turning_ = 0;
  size_t awaited_ = 0;
};

inline SleepingLoop::Reading::~Reading() {
  // One alone: several may not be watched, for want of descriptors, and have the same number.
  loop_.watched_.erase(std::find(loop_.watched_.begin(), loop_.watched_.end(), watched_));
  if (watched_ >= 0) loop_.watch_->Remove(watched_);
}

inline void SleepingLoop::SleepUntilRead(absl::Duration longest) const {
  absl::InlinedVector<pollfd, 8> descriptors;
  for (const int watched : watched_) descriptors.push_back({watched, POLLIN, 0});
  const timespec timeout = absl::ToTimespec(longest);
  ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr);
}

}  // namespace twofold

#endif  // TWOFOLD_COMMON_SLEEPING_LOOP_H_
