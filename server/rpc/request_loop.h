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
#include "common/descriptor_monitor.h"
#include "common/sleeping_loop.h"

namespace twofold {

// Calls per method and loop that wait for a request. More arrivals than these take a slower path
// inside gRPC until other calls wait.
inline constexpr size_t kWaitingCalls = 16;

// The tag of an event in a completion queue. Lives until OnEvent.
class QueueTag {
 public:
  virtual ~QueueTag() = default;
  virtual void OnEvent(bool ok) = 0;
};

// Learns when a loop works and when it may sleep, on the loop's thread. It is for measurements.
class LoopObserver {
 public:
  virtual ~LoopObserver() = default;
  virtual void BeforeWait(bool may_sleep) = 0;
  virtual void AfterWait() = 0;
};

// One thread that serves a gRPC completion queue and runs the flows of its calls between the
// events. A request stays on one thread from its arrival to its answer. Work that other threads
// post gathers in an inbox, and one alarm wakes the thread for all of it, so asio::post on the
// loop's executor suffices. Sockets and timers may live on the loop's context
// (common/sleeping_loop.h). Other work does not pass through the context, which would poll its
// sockets for each piece.
class RequestLoop {
 public:
  // All tags on `queue` are QueueTags. `monitor` outlives the loop, and is stopped before the queue
  // is shut down.
  RequestLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue, DescriptorMonitor& monitor);
  ~RequestLoop();

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  // The executor of flows that live on this loop. No copy may outlive the loop.
  asio::any_io_executor executor();

  // Call it before Run. `observer` outlives Run.
  void Observe(LoopObserver* observer) { observer_ = observer; }

  // Serves until the queue is shut down and empty. Call on the loop's thread.
  void Run();

  // Runs `work` on the loop's thread, never inside this call. Work of one thread keeps its order.
  // Any thread may call this.
  void Post(absl::AnyInvocable<void()> work);

  // Waits until the loop has handled every event that was in its queue. Not on the loop's thread.
  void Flush();

  // Waits until every thread that has posted has also woken the loop, which may be long after the
  // work is done. Call it when no more work is posted, and before the queue is shut down. Blocks
  // and polls once a millisecond.
  void AwaitPosters() const;

  asio::io_context& context() { return context_; }
  bool OnLoopThread() const;

 private:
  class WakeTag;

  // Bounds of one iteration. It runs gRPC's code and ours in batches, because they displace each
  // other in the processor's caches, and lasts a few milliseconds at most.
  static constexpr size_t kMaxEvents = 64;
  static constexpr std::chrono::milliseconds kFlowTime{1};
  // The clock is read once in so many steps of flows.
  static constexpr size_t kSteps = 8;
  static constexpr size_t kContextSteps = 32;
  // An iteration polls the queue again while a poll brings kWaitingCalls events, and after
  // kFullPolls of those while it brings any, so that the loop sees all arrivals and rejects excess
  // calls at once.
  static constexpr int kFullPolls = 8;
  static constexpr int kMaxPolls = 64;
  struct Event {
    void* tag;
    bool ok;
  };
  struct Taken {
    std::array<Event, kMaxEvents> events;
    size_t count = 0;
    bool over = false;
  };
  // Takes the events that are there. Waits for the first one until `deadline`.
  Taken TakeEvents(gpr_timespec deadline);
  // Returns the number of events that it handled.
  static size_t Handle(const Taken& taken);
  // Also handles events that come meanwhile. `taken` becomes the last that were taken.
  size_t HandleAll(Taken& taken);
  // Runs everything that is ready or becomes ready, for kFlowTime at most. Returns the number of
  // steps.
  size_t RunReady();
  size_t RunContext();
  void Wake();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  asio::io_context context_;
  SleepingLoop& sleeping_;
  const std::unique_ptr<WakeTag> wake_tag_;
  grpc::Alarm alarm_;
  // Whether alarm_ is under way. Only the thread that changes this to true may set the alarm.
  std::atomic<bool> wake_pending_{false};
  absl::Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> inbox_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> inbox_filled_{false};
  // Threads that have posted and have not woken the loop yet.
  std::atomic<int64_t> owed_{0};
  // The work that the loop's thread has posted, or taken from the inbox. Only that thread uses it.
  std::deque<absl::AnyInvocable<void()>> ready_;
  LoopObserver* observer_ = nullptr;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_REQUEST_LOOP_H_
