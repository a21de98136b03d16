#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/load/closed_loop.h"
#include "bench/load/measure.h"
#include "bench/load/target.h"
#include "bench/load/workload.h"

// The load generator. Prints one JSON object a line.

namespace twofold::bench {
namespace {

struct Flags {
  std::string target;
  int64_t subjects = 0;
  std::vector<std::string> modes = {"bare", "verify"};
  std::vector<int> in_flight = {128};
  int rounds = 5;
  double seconds = 1;
  double warm_up = 0.2;
  int redis_pid = 0;
  uint64_t seed = 1;
};

void Print(const nlohmann::json& line) { std::cout << line.dump() << std::endl; }

// Bare gets an answer as large as Verify's.
void MatchAnswers(Target& target, Workload& workload) {
  grpc::CompletionQueue queue;
  CallSlot slot;
  const Workload::Call call = workload.Next(Mode::kVerify);
  slot.Start(target, call.rpc, call.request, queue, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!slot.status().ok()) {
    std::cerr << "load: the first Verify failed: " << slot.status().error_message() << "\n";
    std::exit(1);
  }
  target.Control("bare " + std::to_string(slot.response().Length()));
}

void RunRounds(const Flags& flags) {
  Target target(flags.target);
  Workload workload(target, flags.subjects);
  MatchAnswers(target, workload);
  std::mt19937_64 random(flags.seed);
  // How many calls of a mode a second has had, by mode and calls in flight.
  std::map<std::pair<std::string, int>, double> rates;
  for (const int in_flight : flags.in_flight) {
    for (int round = 0; round < flags.rounds; ++round) {
      std::vector<std::string> modes = flags.modes;
      std::shuffle(modes.begin(), modes.end(), random);
      for (const std::string& name : modes) {
        ClosedLoopSettings settings;
        settings.mode = *ModeOf(name);
        settings.in_flight = in_flight;
        settings.seconds = flags.seconds;
        settings.warm_up_seconds = flags.warm_up;
        settings.redis = flags.redis_pid;
        if (settings.mode == Mode::kReplay) {
          RunCalls(target, workload, Mode::kVerify, in_flight, workload.RestOfPass());
        }
        double& rate = rates[{name, in_flight}];
        constexpr double kFirstRate = 20000;
        constexpr double kSlack = 1.3;
        const double expected = rate == 0 ? kFirstRate : rate * kSlack;
        workload.Prepare(settings.mode, static_cast<int64_t>(expected * (flags.seconds + flags.warm_up)));
        nlohmann::json line = RunClosedLoop(target, workload, settings);
        workload.Drop(settings.mode);
        rate = line.at("qps").get<double>();
        line["mode"] = name;
        line["in_flight"] = in_flight;
        line["round"] = round;
        Print(line);
      }
    }
  }
}

int Main(int argc, char** argv) {
  CLI::App app("Load generator of the benchmark; prints JSON lines.", "load");
  Flags flags;
  app.add_option("--target", flags.target, "host:port of bench_server")->required();
  app.add_option("--subjects", flags.subjects, "how many users it was seeded with")
      ->required()
      ->check(CLI::PositiveNumber);
  app.require_subcommand(1);
  CLI::App* closed = app.add_subcommand("closed", "a fixed number of calls in flight, modes in turn");
  closed->add_option("--modes", flags.modes, "bare, verify, address, request_id, wrong, replay")
      ->delimiter(',')
      ->check(CLI::Validator([](const std::string& name) { return ModeOf(name) ? "" : "no such mode"; }, "MODE"));
  closed->add_option("--in_flight", flags.in_flight, "calls at once")->delimiter(',')->check(CLI::PositiveNumber);
  closed->add_option("--rounds", flags.rounds, "of each mode");
  closed->add_option("--seconds", flags.seconds, "of a round");
  closed->add_option("--warm_up", flags.warm_up, "seconds before it that do not count");
  closed->add_option("--redis_pid", flags.redis_pid, "whose processor time counts too");
  closed->add_option("--seed", flags.seed, "of the order in which modes take turns");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  RunRounds(flags);
  return 0;
}

}  // namespace
}  // namespace twofold::bench

int main(int argc, char** argv) { return twofold::bench::Main(argc, argv); }
