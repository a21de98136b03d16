#ifndef TWOFOLD_SERVER_RPC_REQUEST_LOOP_H_
#define TWOFOLD_SERVER_RPC_REQUEST_LOOP_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "asio/any_io_executor.hpp"
#include "asio/io_context.hpp"
#include "common/descriptor_watch.h"
#include "common/sleeping_loop.h"

namespace twofold {

// Calls per method and loop that wait for their request: arrivals beyond these take a slower path inside
// gRPC, and are handed out when others wait.
inline constexpr size_t kWaitingCalls = 16;

// What a completion queue hands back. Lives until OnEvent.
class QueueTag {
 public:
  virtual ~QueueTag() = default;
  virtual void OnEvent(bool ok) = 0;
};

// Sees when a loop works and when it may sleep, on the loop's thread: for measurements.
class LoopObserver {
 public:
  virtual ~LoopObserver() = default;
  virtual void BeforeWait(bool may_sleep) = 0;
  virtual void AfterWait() = 0;
};

// One thread that serves a gRPC completion queue and, between its events, everything that flows of this
// thread post to their executor: a request stays on one thread from its arrival to its answer. Work posted
// from other threads wakes the queue by one alarm for all that has gathered; asio::post on the loop's
// executor is therefore enough. Sockets and timers may live on the loop's context (common/sleeping_loop.h);
// all else goes past it, since each piece of work that the context does costs it a look at its sockets.
class RequestLoop {
 public:
  // All tags on `queue` are QueueTags. `watch` outlives the loop, and is stopped before the queue is shut
  // down.
  RequestLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue, DescriptorWatch& watch);
  ~RequestLoop();

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  // For flows that live on this loop; keep none beyond it.
  asio::any_io_executor executor();

  // Before Run; outlives it.
  void Observe(LoopObserver* observer) { observer_ = observer; }

  // Serves until the queue is shut down and empty. Call on the loop's thread.
  void Run();

  // Any thread: `work` runs on the loop's thread, in the order in which one thread posts, never inside this
  // call.
  void Post(absl::AnyInvocable<void()> work);

  // Waits until the loop has handled every event that was in its queue. Not on the loop's thread.
  void Flush();

  // Waits until nobody who has posted is still to wake the loop, which may be long after it has seen and done
  // the work. When nothing more is posted, and before the queue is shut down. Blocks, looking once a
  // millisecond.
  void AwaitPosters() const;

  asio::io_context& context() { return context_; }
  bool OnLoopThread() const;

 private:
  class WakeTag;

  // In batches, because gRPC's code and ours take turns in the processor's caches: a batch runs each of them
  // for a while. No longer than some milliseconds, after which the others have their turn.
  static constexpr size_t kMaxEvents = 64;
  static constexpr std::chrono::milliseconds kFlowTime{1};
  // Steps of flows between two looks at the clock.
  static constexpr size_t kSteps = 8;
  static constexpr size_t kContextSteps = 32;
  // What is too much must be seen to be refused, and would otherwise wait inside gRPC until it has been given
  // up. So a turn looks again while a look brings as many events as calls wait, since there may be more
  // arrivals; and after many such looks until one brings nothing, since gRPC reads from one connection in a
  // look. Flows go on after kMaxLooks at the latest.
  static constexpr int kManyLooks = 8;
  static constexpr int kMaxLooks = 64;
  struct Event {
    void* tag;
    bool ok;
  };
  struct Taken {
    std::array<Event, kMaxEvents> events;
    size_t count = 0;
    bool over = false;
  };
  // What is there; waits for the first until `deadline`.
  Taken TakeEvents(gpr_timespec deadline);
  // How many were handled.
  static size_t Handle(const Taken& taken);
  // The same, and of those that have come meanwhile; `taken` is then what was taken last.
  size_t HandleAll(Taken& taken);
  // All that is ready, and what becomes ready by that, for kFlowTime. How many steps.
  size_t RunReady();
  size_t RunContext();
  void Wake();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  asio::io_context context_;
  SleepingLoop& sleeping_;
  const std::unique_ptr<WakeTag> wake_tag_;
  grpc::Alarm alarm_;
  // Whether alarm_ is under way; only who changes it from false to true may set the alarm.
  std::atomic<bool> wake_pending_{false};
  absl::Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> inbox_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> inbox_filled_{false};
  // Wakings that other threads owe.
  std::atomic<int64_t> owed_{0};
  // Only for the loop's thread: what it has posted itself, and what it has taken out of the inbox.
  std::deque<absl::AnyInvocable<void()>> ready_;
  LoopObserver* observer_ = nullptr;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_REQUEST_LOOP_H_
