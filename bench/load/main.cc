#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/load/closed_loop.h"
#include "bench/load/first_answer.h"
#include "bench/load/flags.h"
#include "bench/load/open_loop.h"
#include "bench/load/target.h"
#include "bench/load/workload.h"

// The load generator. It prints each result as a JSON object on a line of its own.

namespace twofold::bench {
namespace {

// The factor for the calls that a round is expected to need, so that few are made while it is
// measured.
constexpr double kSlack = 1.3;
constexpr double kFirstRate = 20000;

void Print(const nlohmann::json& line) { std::cout << line.dump() << std::endl; }

// Makes the answers of Bare and Store as large as Verify's. Returns false if Verify does not work.
bool MatchAnswers(Target& target, Workload& workload) {
  grpc::CompletionQueue queue;
  CallSlot slot;
  const Workload::Call call = workload.Next(Mode::kVerify);
  slot.Start(target, call.rpc, call.request, queue, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!slot.status().ok()) {
    std::cerr << "load: the first Verify failed: " << slot.status().error_message() << "\n";
    return false;
  }
  target.Control("bare " + std::to_string(slot.response().Length()));
  return true;
}

class Rounds {
 public:
  Rounds(const Flags& flags, Target& target, Workload& workload)
      : flags_(flags), target_(target), workload_(workload) {}

  void Run() {
    std::mt19937_64 random(flags_.seed);
    if (flags_.watch) target_.Control("watch");
    for (const int in_flight : flags_.in_flight) {
      for (int round = 0; round < flags_.rounds; ++round) {
        std::vector<std::string> modes = flags_.modes;
        std::shuffle(modes.begin(), modes.end(), random);
        for (const std::string& mode : modes) Print(One(mode, in_flight, round));
      }
    }
    if (flags_.watch) Print({{"busy", target_.Control("watched")}});
  }

 private:
  nlohmann::json One(const std::string& mode, int in_flight, int round) {
    ClosedLoopSettings settings;
    settings.mode = *ModeOf(mode);
    settings.in_flight = in_flight;
    settings.seconds = flags_.seconds;
    settings.warm_up_seconds = flags_.warm_up;
    settings.redis = flags_.redis_pid;
    if (settings.mode == Mode::kReplay) {
      RunCalls(target_, workload_, Mode::kVerify, in_flight, workload_.PrepareRestOfPass());
    }
    double& rate = rates_[{mode, in_flight}];
    const double expected = rate == 0 ? kFirstRate : rate * kSlack;
    workload_.Prepare(settings.mode, static_cast<int64_t>(expected * (flags_.seconds + flags_.warm_up)));
    nlohmann::json line = RunClosedLoop(target_, workload_, settings);
    workload_.Drop(settings.mode);
    rate = line.at("qps").get<double>();
    line["mode"] = mode;
    line["in_flight"] = in_flight;
    line["round"] = round;
    return line;
  }

  const Flags& flags_;
  Target& target_;
  Workload& workload_;
  // Calls per second, by mode and calls in flight.
  std::map<std::pair<std::string, int>, double> rates_;
};

nlohmann::json RunOpen(const Flags& flags, Target& target, Workload& workload) {
  OpenLoopSettings settings;
  settings.mode = *ModeOf(flags.mode);
  settings.rate = flags.rate;
  settings.seconds = flags.seconds;
  settings.warm_up_seconds = flags.warm_up;
  settings.deadline_ms = flags.deadline_ms;
  settings.redis = flags.redis_pid;
  workload.Prepare(settings.mode, static_cast<int64_t>(flags.rate * (flags.seconds + flags.warm_up)));
  nlohmann::json line = RunOpenLoop(target, workload, settings);
  line["mode"] = flags.mode;
  line["rate"] = flags.rate;
  return line;
}

int Main(int argc, char** argv) {
  CLI::App app("The benchmark's load generator; prints one JSON object a line.", "load");
  Flags flags;
  AddFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (app.got_subcommand("first")) {
    const double at = AwaitFirstAnswer(flags.target, flags.tls, flags.subjects);
    Print({{"answered_at", at}});
    return at > 0 ? 0 : 1;
  }
  Target target(flags.target, flags.tls);
  Workload workload(target, flags.subjects);
  if (!MatchAnswers(target, workload)) return 1;
  target.Control("subjects " + std::to_string(flags.subjects));
  if (app.got_subcommand("open")) {
    Print(RunOpen(flags, target, workload));
  } else {
    Rounds(flags, target, workload).Run();
  }
  return 0;
}

}  // namespace
}  // namespace twofold::bench

int main(int argc, char** argv) { return twofold::bench::Main(argc, argv); }
