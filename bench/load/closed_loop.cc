#include "bench/load/closed_loop.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/measure.h"
#include "bench/load/side_calls.h"
#include "bench/subjects.h"

namespace twofold::bench {
namespace {

constexpr int64_t kStepMs = int64_t{kPeriodSeconds} * 1000;

class ClosedLoop {
 public:
  ClosedLoop(Target& target, Workload& workload, const ClosedLoopSettings& settings, int64_t most_calls)
      : target_(target), workload_(workload), settings_(settings), left_(most_calls) {
    workload.MoveClockAhead(2 * int64_t{settings.in_flight});
    for (int i = 0; i < settings.in_flight; ++i) callers_.push_back(std::make_unique<Caller>(*this));
  }

  void Run() {
    begin_ = Steady::now();
    for (auto& caller : callers_) caller->Next();
    void* tag = nullptr;
    bool ok = false;
    while (under_way_ > 0 && queue_.Next(&tag, &ok)) static_cast<Tag*>(tag)->Done(ok);
    queue_.Shutdown();
    while (queue_.Next(&tag, &ok)) static_cast<Tag*>(tag)->Done(ok);
  }

  nlohmann::json Report() { return tally_.Report(usage_begin_, usage_end_); }

 private:
  class Caller final : public Tag {
   public:
    explicit Caller(ClosedLoop& loop) : loop_(loop) {}

    void Next() {
      if (!loop_.MayStart()) return;
      const Workload::Call call = loop_.workload_.Next(loop_.settings_.mode);
      if (call.moves_clock) loop_.MoveClock();
      ++loop_.under_way_;
      begin_ = Steady::now();
      slot_.Start(loop_.target_, call.rpc, call.request, loop_.queue_, this);
    }

    void Done(bool) override {
      --loop_.under_way_;
      const Steady::time_point now = Steady::now();
      loop_.Note(slot_.status(), now - begin_, now);
      Next();
    }

   private:
    ClosedLoop& loop_;
    CallSlot slot_;
    Steady::time_point begin_;
  };

  enum class Phase { kWarmUp, kAskedBegin, kMeasuring, kAskedEnd, kOver };

  bool MayStart() { return phase_ != Phase::kOver && left_-- > 0; }

  void MoveClock() {
    SideCall::Send(target_, queue_, "advance " + std::to_string(kStepMs), [](const nlohmann::json&) {});
  }

  void Note(const grpc::Status& status, Steady::duration latency, Steady::time_point now) {
    const bool counts = phase_ == Phase::kMeasuring || phase_ == Phase::kAskedEnd;
    if (counts) tally_.Add(status, latency);
    const auto lasted = [now](Steady::time_point since) {
      return std::chrono::duration<double>(now - since).count();
    };
    if (phase_ == Phase::kWarmUp && lasted(begin_) >= settings_.warm_up_seconds) {
      phase_ = Phase::kAskedBegin;
      AskUsage(usage_begin_, Phase::kMeasuring);
    } else if (phase_ == Phase::kMeasuring && lasted(usage_begin_.at) >= settings_.seconds) {
      phase_ = Phase::kAskedEnd;
      AskUsage(usage_end_, Phase::kOver);
    }
  }

  // The server's answer separates the phases.
  void AskUsage(Usage& usage, Phase next) {
    ++under_way_;
    SideCall::Send(target_, queue_, "stats", [this, &usage, next](const nlohmann::json& stats) {
      --under_way_;
      usage = UsageNow(stats, settings_.redis);
      phase_ = next;
    });
  }

  Target& target_;
  Workload& workload_;
  const ClosedLoopSettings settings_;
  int64_t left_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Caller>> callers_;
  int64_t under_way_ = 0;
  Phase phase_ = Phase::kWarmUp;
  Steady::time_point begin_;
  Usage usage_begin_;
  Usage usage_end_;
  Tally tally_;
};

}  // namespace

nlohmann::json RunClosedLoop(Target& target, Workload& workload, const ClosedLoopSettings& settings) {
  ClosedLoop loop(target, workload, settings, std::numeric_limits<int64_t>::max());
  loop.Run();
  return loop.Report();
}

void RunCalls(Target& target, Workload& workload, Mode mode, int in_flight, int64_t calls) {
  ClosedLoopSettings settings;
  settings.mode = mode;
  settings.in_flight = in_flight;
  settings.warm_up_seconds = std::numeric_limits<double>::max();
  ClosedLoop(target, workload, settings, calls).Run();
}

}  // namespace twofold::bench
