#include "bench/load/flags.h"

#include "bench/load/workload.h"

namespace twofold::bench {
namespace {

std::string CheckMode(const std::string& name) {
  return ModeOf(name).has_value() ? "" : "modes are bare, store, verify, address, request_id, wrong, replay";
}

void AddWindow(CLI::App& command, Flags& flags) {
  command.add_option("--seconds", flags.seconds, "how long to measure")->check(CLI::PositiveNumber);
  command.add_option("--warm_up", flags.warm_up, "seconds before measuring");
  command.add_option("--redis_pid", flags.redis_pid, "Redis process whose processor time is reported too");
}

}  // namespace

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--target", flags.target, "127.0.0.1:PORT of bench_server")->required();
  app.add_option("--tls", flags.tls, "call over TLS with ca.crt, client.crt and client.key of this folder");
  app.add_option("--subjects", flags.subjects, "number of users that the server was seeded with")
      ->required()
      ->check(CLI::PositiveNumber);
  app.require_subcommand(1);

  CLI::App* closed =
      app.add_subcommand("closed", "keep a fixed number of calls in flight and alternate the modes");
  closed->add_option("--modes", flags.modes, "bare, store, verify, address, request_id, wrong, replay")
      ->delimiter(',')
      ->check(CLI::Validator(CheckMode, "MODE"));
  closed->add_option("--in_flight", flags.in_flight, "numbers of calls in flight")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  closed->add_option("--rounds", flags.rounds, "number of rounds of each mode");
  closed->add_option("--seed", flags.seed, "seed of the order of the modes");
  closed->add_flag("--watch", flags.watch, "also report the longest time that a request loop was busy");
  AddWindow(*closed, flags);

  CLI::App* open = app.add_subcommand("open", "make calls at a fixed rate");
  open->add_option("--mode", flags.mode)->check(CLI::Validator(CheckMode, "MODE"));
  open->add_option("--rate", flags.rate, "calls per second")->required()->check(CLI::PositiveNumber);
  open->add_option("--deadline_ms", flags.deadline_ms, "deadline of each call, or 0 for none");
  AddWindow(*open, flags);

  app.add_subcommand("first", "wait until the server listens and gives its first answer");
}

}  // namespace twofold::bench
