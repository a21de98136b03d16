#include "bench/load/flags.h"

#include "bench/load/workload.h"

namespace twofold::bench {
namespace {

std::string CheckMode(const std::string& name) {
  return ModeOf(name).has_value() ? "" : "modes are bare, store, verify, address, request_id, wrong, replay";
}

void AddWindow(CLI::App& command, Flags& flags) {
  command.add_option("--seconds", flags.seconds, "how long to measure")->check(CLI::PositiveNumber);
  command.add_option("--warm_up", flags.warm_up, "seconds before that");
  command.add_option("--redis_pid", flags.redis_pid, "whose processor time is reported too");
}

}  // namespace

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--target", flags.target, "127.0.0.1:PORT of bench_server")->required();
  app.add_option("--subjects", flags.subjects, "how many users it was seeded with")
      ->required()
      ->check(CLI::PositiveNumber);
  app.require_subcommand(1);

  CLI::App* closed = app.add_subcommand("closed", "a fixed number of calls in flight, modes taking turns");
  closed->add_option("--modes", flags.modes, "bare, store, verify, address, request_id, wrong, replay")
      ->delimiter(',')
      ->check(CLI::Validator(CheckMode, "MODE"));
  closed->add_option("--in_flight", flags.in_flight, "calls at once")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  closed->add_option("--rounds", flags.rounds, "of each mode");
  closed->add_option("--seed", flags.seed, "of the order in which modes take turns");
  closed->add_flag("--watch", flags.watch, "also find the longest that a request loop was busy");
  AddWindow(*closed, flags);

  CLI::App* open = app.add_subcommand("open", "calls at a fixed rate");
  open->add_option("--mode", flags.mode)->check(CLI::Validator(CheckMode, "MODE"));
  open->add_option("--rate", flags.rate, "calls a second")->required()->check(CLI::PositiveNumber);
  open->add_option("--deadline_ms", flags.deadline_ms, "of each call; 0: none");
  AddWindow(*open, flags);

  app.add_subcommand("first", "waits until the server listens, and for its first answer");
}

}  // namespace twofold::bench
