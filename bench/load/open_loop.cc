#include "bench/load/open_loop.h"

#include <sys/prctl.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>

#include "bench/load/measure.h"
#include "bench/load/side_calls.h"
#include "bench/subjects.h"

namespace twofold::bench {
namespace {

constexpr int64_t kStepMs = int64_t{kPeriodSeconds} * 1000;
constexpr std::chrono::microseconds kTick(250);
constexpr int kTicksPerSecond = 4000;
// More than a call takes to reach its rule while the server keeps up.
constexpr double kAheadSeconds = 0.1;

// This thread starts the calls, another takes their ends.
class OpenLoop {
 public:
  OpenLoop(Target& target, Workload& workload, const OpenLoopSettings& settings)
      : target_(target), workload_(workload), settings_(settings) {
    workload.MoveClockAhead(static_cast<int64_t>(kAheadSeconds * settings.rate));
    tally_.Reserve(static_cast<size_t>(settings.rate * settings.seconds * 2));
  }

  nlohmann::json Run() {
    // Otherwise the kernel adds 50 microseconds to every sleep.
    prctl(PR_SET_TIMERSLACK, 1000);
    std::thread collector([this] {
      void* tag = nullptr;
      bool ok = false;
      while (queue_.Next(&tag, &ok)) static_cast<Tag*>(tag)->Done(ok);
    });
    StartCalls();
    while (under_way_.load() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    queue_.Shutdown();
    collector.join();
    // Rates go by this thread's clock: past its capacity the server answers late.
    usage_begin_.at = measuring_begin_;
    usage_end_.at = measuring_end_;
    nlohmann::json report = tally_.Report(usage_begin_, usage_end_);
    report["held_back_qps"] = static_cast<double>(held_back_) / report.at("seconds").get<double>();
    report["offered_qps"] = static_cast<double>(offered_) / report.at("seconds").get<double>();
    return report;
  }

 private:
  enum class Phase { kWarmUp, kMeasuring, kOver };

  // Deletes itself.
  class OpenCall final : public Tag {
   public:
    OpenCall(OpenLoop& loop, Steady::time_point due) : loop_(loop), due_(due) {}

    void Start() {
      const Workload::Call call = loop_.workload_.Next(loop_.settings_.mode);
      if (call.moves_clock) {
        SideCall::Send(loop_.target_, loop_.queue_, "advance " + std::to_string(kStepMs),
                       [](const nlohmann::json&) {});
      }
      std::optional<std::chrono::system_clock::time_point> deadline;
      if (loop_.settings_.deadline_ms > 0) {
        deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(loop_.settings_.deadline_ms);
      }
      slot_.Start(loop_.target_, call.rpc, call.request, loop_.queue_, this, deadline);
    }

    void Done(bool) override {
      if (const auto pushback = slot_.Pushback()) loop_.target_.HoldBack(slot_.connection(), *pushback);
      if (loop_.phase_.load() == Phase::kMeasuring) loop_.tally_.Add(slot_.status(), Steady::now() - due_);
      --loop_.under_way_;
      delete this;
    }

   private:
    OpenLoop& loop_;
    const Steady::time_point due_;
    CallSlot slot_;
  };

  void StartCalls() {
    std::mt19937_64 random(1);
    std::poisson_distribution<int> arrivals(settings_.rate / kTicksPerSecond);
    const Steady::time_point begin = Steady::now();
    Steady::time_point due = begin;
    bool asked_begin = false;
    const auto end_of = [begin](double seconds) {
      return begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
    };
    const Steady::time_point warm = end_of(settings_.warm_up_seconds);
    const Steady::time_point end = end_of(settings_.warm_up_seconds + settings_.seconds);
    // A generator that cannot keep up ends by the clock, not by the schedule.
    for (; Steady::now() < end; due += kTick) {
      std::this_thread::sleep_until(due);
      if (!asked_begin && Steady::now() >= warm) {
        asked_begin = true;
        AskUsage(usage_begin_);
        measuring_begin_ = Steady::now();
        phase_ = Phase::kMeasuring;
      }
      const int calls = arrivals(random);
      for (int i = 0; i < calls; ++i) {
        if (target_.SkipsHeldBack()) {
          if (asked_begin) ++held_back_;
          continue;
        }
        ++under_way_;
        (new OpenCall(*this, due))->Start();
      }
      if (asked_begin) offered_ += calls;
    }
    phase_ = Phase::kOver;
    measuring_end_ = Steady::now();
    AskUsage(usage_end_);
  }

  void AskUsage(Usage& usage) {
    ++under_way_;
    SideCall::Send(target_, queue_, "stats", [this, &usage](const nlohmann::json& stats) {
      usage = UsageNow(stats, settings_.redis);
      --under_way_;
    });
  }

  Target& target_;
  Workload& workload_;
  const OpenLoopSettings settings_;
  grpc::CompletionQueue queue_;
  std::atomic<int64_t> under_way_{0};
  std::atomic<Phase> phase_{Phase::kWarmUp};
  // Of the thread that starts calls.
  int64_t offered_ = 0;
  int64_t held_back_ = 0;
  Steady::time_point measuring_begin_;
  Steady::time_point measuring_end_;
  // Of the other one.
  Usage usage_begin_;
  Usage usage_end_;
  Tally tally_;
};

}  // namespace

nlohmann::json RunOpenLoop(Target& target, Workload& workload, const OpenLoopSettings& settings) {
  return OpenLoop(target, workload, settings).Run();
}

}  // namespace twofold::bench
