#include "server/rpc/request_loop.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/loop_iteration.h"
#include "common/steady.h"
#include "server/rpc/grpc_time.h"
#include "server/rpc/loop_executor.h"

namespace twofold {
namespace {

thread_local const RequestLoop* current_loop = nullptr;

// After this many iterations without work the thread blocks. Polling on would cost a processor, and
// blocking at once would cost a wake-up.
constexpr int kIdleIterations = 2;

}  // namespace

class RequestLoop::WakeTag final : public QueueTag {
 public:
  explicit WakeTag(RequestLoop& loop) : loop_(loop) {}

  // This runs before the inbox is read, so that later work sets the alarm again.
  void OnEvent(bool) override { loop_.wake_pending_.store(false, std::memory_order_seq_cst); }

 private:
  RequestLoop& loop_;
};

RequestLoop::RequestLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue, DescriptorMonitor& monitor)
    : queue_(std::move(queue)),
      context_(1),
      sleeping_(asio::use_service<SleepingLoop>(context_)),
      wake_tag_(std::make_unique<WakeTag>(*this)) {
  sleeping_.Start(monitor, [this] { Wake(); });
}

RequestLoop::~RequestLoop() = default;

asio::any_io_executor RequestLoop::executor() { return LoopExecutor(*this, false); }

bool RequestLoop::OnLoopThread() const { return current_loop == this; }

void RequestLoop::Post(absl::AnyInvocable<void()> work) {
  if (OnLoopThread()) return ready_.push_back(std::move(work));
  // Counted before the loop can see the work, because the loop may end once it has done the work.
  owed_.fetch_add(1, std::memory_order_relaxed);
  {
    absl::MutexLock lock(&mutex_);
    inbox_.push_back(std::move(work));
    inbox_filled_.store(true, std::memory_order_seq_cst);
  }
  const auto wake = [](void* loop) {
    auto& self = *static_cast<RequestLoop*>(loop);
    self.Wake();
    self.owed_.fetch_sub(1, std::memory_order_release);
  };
  if (!LoopIteration::DeferWake(wake, this)) owed_.fetch_sub(1, std::memory_order_release);
}

void RequestLoop::AwaitPosters() const {
  while (owed_.load(std::memory_order_acquire) != 0) SteadySleep(absl::Milliseconds(1));
}

void RequestLoop::Wake() {
  if (wake_pending_.exchange(true, std::memory_order_seq_cst)) return;
  alarm_.Set(queue_.get(), gpr_time_0(GPR_CLOCK_MONOTONIC), wake_tag_.get());
}

void RequestLoop::Flush() {
  class FlushTag final : public QueueTag {
   public:
    void OnEvent(bool) override { handled.Notify(); }
    absl::Notification handled;
  };
  FlushTag tag;
  grpc::Alarm alarm;
  alarm.Set(queue_.get(), gpr_time_0(GPR_CLOCK_MONOTONIC), &tag);
  tag.handled.WaitForNotification();
}

size_t RequestLoop::RunReady() {
  if (inbox_filled_.load(std::memory_order_seq_cst)) {
    absl::MutexLock lock(&mutex_);
    std::move(inbox_.begin(), inbox_.end(), std::back_inserter(ready_));
    inbox_.clear();
    inbox_filled_.store(false, std::memory_order_seq_cst);
  }
  const auto end = std::chrono::steady_clock::now() + kFlowTime;
  size_t steps = 0;
  while (!ready_.empty()) {
    std::move(ready_.front())();
    ready_.pop_front();
    if (++steps % kSteps == 0 && std::chrono::steady_clock::now() >= end) break;
  }
  return steps;
}

size_t RequestLoop::RunContext() {
  context_.restart();
  size_t steps = 0;
  while (steps < kContextSteps && context_.poll_one() > 0) ++steps;
  return steps;
}

RequestLoop::Taken RequestLoop::TakeEvents(gpr_timespec deadline) {
  Taken taken;
  while (taken.count < taken.events.size()) {
    Event& event = taken.events[taken.count];
    const grpc::CompletionQueue::NextStatus next = queue_->AsyncNext(&event.tag, &event.ok, deadline);
    taken.over = next == grpc::CompletionQueue::SHUTDOWN;
    if (next != grpc::CompletionQueue::GOT_EVENT) break;
    ++taken.count;
    deadline = gpr_time_0(GPR_CLOCK_MONOTONIC);
  }
  return taken;
}

size_t RequestLoop::Handle(const Taken& taken) {
  for (size_t i = 0; i < taken.count; ++i) {
    static_cast<QueueTag*>(taken.events[i].tag)->OnEvent(taken.events[i].ok);
  }
  return taken.count;
}

size_t RequestLoop::HandleAll(Taken& taken) {
  size_t handled = Handle(taken);
  for (int polls = 1; polls < kMaxPolls && !taken.over; ++polls) {
    if (taken.count < (polls < kFullPolls ? kWaitingCalls : 1)) break;
    if (observer_ != nullptr) observer_->BeforeWait(false);
    taken = TakeEvents(gpr_time_0(GPR_CLOCK_MONOTONIC));
    if (observer_ != nullptr) observer_->AfterWait();
    handled += Handle(taken);
  }
  return handled;
}

void RequestLoop::Run() {
  current_loop = this;
  int idle_iterations = 0;
  for (bool over = false; !over;) {
    const bool may_block = idle_iterations >= kIdleIterations && ready_.empty() &&
                           !inbox_filled_.load(std::memory_order_seq_cst);
    gpr_timespec deadline = gpr_time_0(GPR_CLOCK_MONOTONIC);
    if (observer_ != nullptr) observer_->BeforeWait(may_block);
    if (may_block) {
      sleeping_.Arm();
      deadline = GrpcDeadline(sleeping_.LongestSleep());
    }
    Taken taken = TakeEvents(deadline);
    if (observer_ != nullptr) observer_->AfterWait();
    const LoopIteration iteration;
    size_t steps = HandleAll(taken);
    steps += RunReady();
    steps += RunContext();
    idle_iterations = steps > 0 ? 0 : std::min(idle_iterations + 1, kIdleIterations);
    over = taken.over;
  }
  current_loop = nullptr;
}

}  // namespace twofold
