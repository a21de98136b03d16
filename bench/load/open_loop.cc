#include "bench/load/open_loop.h"

#include <sys/prctl.h>

#include <algorithm>
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
// How long an answer may wait until this thread polls. Waiting in the queue instead is exact to a
// millisecond only. Past capacity, where answers take milliseconds, the thread polls no more often
// than calls are due, because it would take the processors from the server.
constexpr std::chrono::microseconds kNap(50);
// The number of answers that are taken before calls that are due.
constexpr int kMostEnds = 64;
// A separate caller would not have been this late.
constexpr std::chrono::milliseconds kTooLate(10);
// More than the time that a call takes to reach its rule while the server keeps up.
constexpr double kAheadSeconds = 0.1;

class OpenLoop {
 public:
  OpenLoop(Target& target, Workload& workload, const OpenLoopSettings& settings)
      : target_(target),
        workload_(workload),
        settings_(settings),
        nap_(settings.deadline_ms > 0 ? kTick : kNap),
        arrivals_(settings.rate / kTicksPerSecond) {
    workload.MoveClockAhead(static_cast<int64_t>(kAheadSeconds * settings.rate));
    tally_.Reserve(static_cast<size_t>(settings.rate * settings.seconds * 2));
  }

  nlohmann::json Run() {
    // Without this the kernel adds 50 microseconds to every sleep.
    prctl(PR_SET_TIMERSLACK, 1000);
    due_ = Steady::now();
    const Steady::time_point warm = Later(settings_.warm_up_seconds);
    const Steady::time_point end = Later(settings_.warm_up_seconds + settings_.seconds);
    MakeCallsUntil(warm);
    AskUsage(usage_begin_);
    const Steady::time_point begin = Steady::now();
    measuring_ = true;
    MakeCallsUntil(end);
    measuring_ = false;
    const std::chrono::duration<double> measured = Steady::now() - begin;
    AskUsage(usage_end_);
    while (under_way_ > 0) TakeEnds();
    queue_.Shutdown();
    // Rates are measured by this thread's clock, because the server answers late past its capacity.
    usage_begin_.at = begin;
    usage_end_.at = begin + std::chrono::duration_cast<Steady::duration>(measured);
    nlohmann::json report = tally_.Report(usage_begin_, usage_end_);
    report["offered_qps"] = static_cast<double>(offered_) / measured.count();
    report["held_back_qps"] = static_cast<double>(held_back_) / measured.count();
    report["missed_qps"] = static_cast<double>(missed_) / measured.count();
    return report;
  }

 private:
  // A call that deletes itself.
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
      if (loop_.measuring_) loop_.tally_.Add(slot_.status(), Steady::now() - due_);
      --loop_.under_way_;
      delete this;
    }

   private:
    OpenLoop& loop_;
    const Steady::time_point due_;
    CallSlot slot_;
  };

  Steady::time_point Later(double seconds) const {
    return due_ + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
  }

  // The end follows the clock and not the schedule, in case the generator cannot keep up.
  void MakeCallsUntil(Steady::time_point end) {
    for (Steady::time_point now = Steady::now(); now < end; now = Steady::now()) {
      if (now >= due_) {
        MakeDueCalls(now);
        due_ += kTick;
      }
      if (TakeEnds() == 0 && due_ > now) std::this_thread::sleep_until(std::min(due_, now + nap_));
    }
  }

  void MakeDueCalls(Steady::time_point now) {
    const int calls = arrivals_(random_);
    const bool missed = settings_.deadline_ms > 0 && now - due_ > kTooLate;
    if (measuring_) (missed ? missed_ : offered_) += calls;
    for (int i = 0; i < calls && !missed; ++i) {
      if (target_.SkipsHeldBack()) {
        if (measuring_) ++held_back_;
        continue;
      }
      ++under_way_;
      (new OpenCall(*this, due_))->Start();
    }
  }

  // Returns how many calls have ended.
  int TakeEnds() {
    void* tag = nullptr;
    bool ok = false;
    int ends = 0;
    while (ends < kMostEnds &&
           queue_.AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC)) == grpc::CompletionQueue::GOT_EVENT) {
      static_cast<Tag*>(tag)->Done(ok);
      ++ends;
    }
    return ends;
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
  const std::chrono::microseconds nap_;
  grpc::CompletionQueue queue_;
  std::mt19937_64 random_{1};
  std::poisson_distribution<int> arrivals_;
  // The time of the next calls.
  Steady::time_point due_;
  bool measuring_ = false;
  int64_t under_way_ = 0;
  int64_t offered_ = 0;
  int64_t held_back_ = 0;
  // The number of calls that were not made because this program lacked processor time.
  int64_t missed_ = 0;
  Usage usage_begin_;
  Usage usage_end_;
  Tally tally_;
};

}  // namespace

nlohmann::json RunOpenLoop(Target& target, Workload& workload, const OpenLoopSettings& settings) {
  return OpenLoop(target, workload, settings).Run();
}

}  // namespace twofold::bench
