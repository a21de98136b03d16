#include "server/rpc/request_loop.h"

#include <algorithm>
#include <utility>

#include "absl/synchronization/notification.h"
#include "server/rpc/loop_executor.h"

namespace twofold {
namespace {

thread_local const RequestLoop* current_loop = nullptr;

// After this many rounds without work the thread blocks: polling on costs a processor, blocking at once costs
// a wake-up.
constexpr int kIdleRounds = 2;

gpr_timespec SleepUntil(absl::Duration longest) {
  if (longest == absl::InfiniteDuration()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(absl::ToInt64Microseconds(longest), GPR_TIMESPAN));
}

}  // namespace

class RequestLoop::WakeTag final : public QueueTag {
 public:
  explicit WakeTag(RequestLoop& loop) : loop_(loop) {}

  // Before the inbox is read, so that whatever is posted later sets the alarm again.
  void OnEvent(bool) override { loop_.wake_pending_.store(false, std::memory_order_seq_cst); }

 private:
  RequestLoop& loop_;
};

RequestLoop::RequestLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue, DescriptorWatch& watch)
    : queue_(std::move(queue)),
      context_(1),
      sleeping_(asio::use_service<SleepingLoop>(context_)),
      wake_tag_(std::make_unique<WakeTag>(*this)) {
  sleeping_.Start(watch, [this] { Wake(); });
}

RequestLoop::~RequestLoop() = default;

asio::any_io_executor RequestLoop::executor() { return LoopExecutor(*this, false); }

bool RequestLoop::OnLoopThread() const { return current_loop == this; }

void RequestLoop::Post(absl::AnyInvocable<void()> work) {
  {
    absl::MutexLock lock(&mutex_);
    inbox_.push_back(std::move(work));
    inbox_filled_.store(true, std::memory_order_seq_cst);
  }
  Wake();
}

void RequestLoop::Wake() {
  if (wake_pending_.exchange(true, std::memory_order_seq_cst)) return;
  alarm_.Set(queue_.get(), gpr_time_0(GPR_CLOCK_REALTIME), wake_tag_.get());
}

void RequestLoop::Flush() {
  class FlushTag final : public QueueTag {
   public:
    void OnEvent(bool) override { handled.Notify(); }
    absl::Notification handled;
  };
  FlushTag tag;
  grpc::Alarm alarm;
  alarm.Set(queue_.get(), gpr_time_0(GPR_CLOCK_REALTIME), &tag);
  tag.handled.WaitForNotification();
}

size_t RequestLoop::RunInbox() {
  if (!inbox_filled_.load(std::memory_order_seq_cst)) return 0;
  std::vector<absl::AnyInvocable<void()>> batch;
  {
    absl::MutexLock lock(&mutex_);
    batch.swap(inbox_);
    inbox_filled_.store(false, std::memory_order_seq_cst);
  }
  for (absl::AnyInvocable<void()>& work : batch) std::move(work)();
  return batch.size();
}

void RequestLoop::Run() {
  current_loop = this;
  int idle_rounds = 0;
  for (;;) {
    context_.restart();
    if (RunInbox() + context_.poll() > 0) idle_rounds = 0;
    const bool may_block = idle_rounds >= kIdleRounds && !inbox_filled_.load(std::memory_order_seq_cst);
    gpr_timespec deadline = gpr_time_0(GPR_CLOCK_MONOTONIC);
    if (may_block) {
      sleeping_.Arm();
      deadline = SleepUntil(sleeping_.LongestSleep());
    }
    void* tag = nullptr;
    bool ok = false;
    if (observer_ != nullptr) observer_->BeforeWait(may_block);
    const grpc::CompletionQueue::NextStatus next = queue_->AsyncNext(&tag, &ok, deadline);
    if (observer_ != nullptr) observer_->AfterWait();
    switch (next) {
      case grpc::CompletionQueue::GOT_EVENT:
        static_cast<QueueTag*>(tag)->OnEvent(ok);
        idle_rounds = 0;
        break;
      case grpc::CompletionQueue::TIMEOUT:
        idle_rounds = std::min(idle_rounds + 1, kIdleRounds);
        break;
      case grpc::CompletionQueue::SHUTDOWN:
        current_loop = nullptr;
        return;
    }
  }
}

}  // namespace twofold
