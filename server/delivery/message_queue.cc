#include "server/delivery/message_queue.h"

#include <atomic>
#include <deque>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/async.h"
#include "common/steady.h"

namespace twofold {
namespace {

struct Waiting {
  Message message;
  // No try begins later.
  SteadyTime until;
  // May be null.
  const CancellationToken* token = nullptr;
  Completion<absl::Status> done;
};

absl::Status Stopped() { return absl::UnavailableError("the server is stopping"); }

// The queue and the threads of one carrier.
class Lane {
 public:
  Lane(std::unique_ptr<Carrier> carrier, const DeliveryLimits& limits)
      : limits_(limits), carrier_(std::move(carrier)) {
    for (size_t i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { Run(); });
  }

  ~Lane() {
    Stop();
    for (std::thread& thread : threads_) thread.join();
  }

  void Push(Message message, const CancellationToken* token, Completion<absl::Status> done) {
    handed_over_.fetch_add(1, std::memory_order_relaxed);
    bool stopped = false;
    {
      absl::MutexLock lock(&mutex_);
      stopped = stopping_;
      if (!stopped && queue_.size() < limits_.max_waiting) {
        waiting_.fetch_add(1, std::memory_order_relaxed);
        queue_.push_back({std::move(message), SteadyAfter(limits_.patience), token, std::move(done)});
        filled_.Signal();
        return;
      }
    }
    (stopped ? given_up_ : refused_).fetch_add(1, std::memory_order_relaxed);
    std::move(done)(stopped ? Stopped()
                            : absl::ResourceExhaustedError("too many messages wait for the carrier"));
  }

  void Stop() {
    std::deque<Waiting> left;
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      left.swap(queue_);
      filled_.SignalAll();
    }
    stopped_.Set();
    carrier_->Stop();
    for (Waiting& waiting : left) Finish(waiting, given_up_, Stopped());
  }

  DeliveryCounters counters() const {
    DeliveryCounters counters;
    counters.handed_over = handed_over_.load(std::memory_order_relaxed);
    counters.taken = taken_.load(std::memory_order_relaxed);
    counters.failed = failed_.load(std::memory_order_relaxed);
    counters.given_up = given_up_.load(std::memory_order_relaxed);
    counters.refused = refused_.load(std::memory_order_relaxed);
    counters.tries = tries_.load(std::memory_order_relaxed);
    counters.waiting = waiting_.load(std::memory_order_relaxed);
    return counters;
  }

 private:
  using Counter = std::atomic<int64_t>;

  void Run() {
    for (;;) {
      std::optional<Waiting> next = AwaitNext();
      if (!next.has_value()) return;
      Handle(*next);
    }
  }

  // Nothing after a stop.
  std::optional<Waiting> AwaitNext() {
    absl::MutexLock lock(&mutex_);
    while (!stopping_ && queue_.empty()) filled_.Wait(&mutex_);
    if (queue_.empty()) return std::nullopt;
    std::optional<Waiting> next(std::move(queue_.front()));
    queue_.pop_front();
    return next;
  }

  void Handle(Waiting& waiting) {
    absl::Status last = absl::UnavailableError("the carrier is too slow for the messages before this one");
    bool maybe_taken = false;
    absl::Duration pause = limits_.first_pause;
    for (int n = 1;; ++n) {
      const SteadyTime now = SteadyNow();
      const bool gone = waiting.token != nullptr && !waiting.token->Lasts(now);
      if (gone || stopped_.IsSet()) {
        return Finish(waiting, given_up_,
                      Final(gone ? absl::UnavailableError("the caller has gone") : Stopped(), maybe_taken));
      }
      if (now >= waiting.until) break;
      tries_.fetch_add(1, std::memory_order_relaxed);
      last = Deliver(waiting.message);
      if (last.ok()) return Finish(waiting, taken_, last);
      maybe_taken = maybe_taken || absl::IsUnknown(last);
      const bool may_repeat =
          absl::IsUnavailable(last) || (absl::IsUnknown(last) && carrier_->receiver_knows_ids());
      if (!may_repeat || n >= limits_.max_tries) break;
      stopped_.WaitFor(pause);
      pause *= kPauseFactor;
    }
    Finish(waiting, failed_, Final(last, maybe_taken));
  }

  absl::Status Deliver(const Message& message) {
    try {
      return carrier_->Deliver(message);
    } catch (...) {
      return absl::UnknownError("the carrier failed with an exception");
    }
  }

  // An earlier try may have succeeded, whatever the last one says.
  static absl::Status Final(const absl::Status& last, bool maybe_taken) {
    return maybe_taken ? absl::UnknownError(last.message()) : last;
  }

  void Finish(Waiting& waiting, Counter& counter, absl::Status status) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    counter.fetch_add(1, std::memory_order_relaxed);
    std::move(waiting.done)(std::move(status));
  }

  static constexpr int kPauseFactor = 3;

  const DeliveryLimits limits_;
  const std::unique_ptr<Carrier> carrier_;
  Counter handed_over_{0};
  Counter taken_{0};
  Counter failed_{0};
  Counter given_up_{0};
  Counter refused_{0};
  Counter tries_{0};
  Counter waiting_{0};
  SteadyEvent stopped_;
  absl::Mutex mutex_;
  absl::CondVar filled_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

class CarrierQueues final : public MessageQueue {
 public:
  CarrierQueues(std::unique_ptr<Carrier> sms, std::unique_ptr<Carrier> email, const DeliveryLimits& limits) {
    if (sms != nullptr) sms_ = std::make_unique<Lane>(std::move(sms), limits);
    if (email != nullptr) email_ = std::make_unique<Lane>(std::move(email), limits);
  }

  Task<absl::Status> Send(Message message) override {
    Lane* const lane = LaneOf(message.type);
    if (lane == nullptr) co_return absl::UnavailableError("there is no carrier for messages of this type");
    const TaskRun& run = co_await CurrentRun();
    const CancellationToken* const token = run.token();
    absl::Status sent = co_await Await<absl::Status>([lane, token, &message](Completion<absl::Status> done) {
      lane->Push(std::move(message), token, std::move(done));
    });
    co_return sent;
  }

  void Stop() override {
    for (Lane* const lane : {sms_.get(), email_.get()}) {
      if (lane != nullptr) lane->Stop();
    }
  }

  DeliveryCounters counters(v1::MethodType type) const override {
    const Lane* const lane = LaneOf(type);
    return lane == nullptr ? DeliveryCounters() : lane->counters();
  }

 private:
  // Null for a type without a carrier.
  Lane* LaneOf(v1::MethodType type) const {
    if (type == v1::METHOD_TYPE_SMS) return sms_.get();
    return type == v1::METHOD_TYPE_EMAIL ? email_.get() : nullptr;
  }

  std::unique_ptr<Lane> sms_;
  std::unique_ptr<Lane> email_;
};

}  // namespace

std::unique_ptr<MessageQueue> NewMessageQueue(std::unique_ptr<Carrier> sms, std::unique_ptr<Carrier> email,
                                              const DeliveryLimits& limits) {
  return std::make_unique<CarrierQueues>(std::move(sms), std::move(email), limits);
}

}  // namespace twofold
