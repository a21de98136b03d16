#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "bench/server/bench_service.h"
#include "bench/server/seed.h"
#include "bench/server/storage_steps.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "server/ops/log.h"
#include "server/ops/process.h"
#include "server/options.h"
#include "server/service.h"
#include "tests/fakes/fake_clock.h"

// The server for benchmarks. It is the real one, with a clock that is moved from outside and a
// further gRPC service.

namespace twofold::bench {
namespace {

constexpr char kHelp[] =
    "usage: bench_server [--seed_subjects=N] [--new_keyring=FILE] [FLAGS of twofold-server]\n\n"
    "  --seed_subjects=N   before it listens, stores N users that log in by TOTP\n"
    "  --new_keyring=FILE  before that, makes a key ring\n\n";

int Fail(const absl::Status& status) {
  std::cerr << "bench_server: " << status.message() << "\n";
  return 1;
}

int Main(int argc, char** argv) {
  int64_t subjects = 0;
  std::string ring;
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (argument == "--help") std::cout << kHelp;
    if (absl::ConsumePrefix(&argument, "--seed_subjects=")) {
      if (!absl::SimpleAtoi(argument, &subjects) || subjects < 1)
        return Fail(absl::InvalidArgumentError("--seed_subjects: a number of users"));
    } else if (absl::ConsumePrefix(&argument, "--new_keyring=")) {
      ring = std::string(argument);
    } else {
      rest.push_back(argv[i]);
    }
  }
  const absl::StatusOr<Options> options = ParseOptions(static_cast<int>(rest.size()), rest.data());
  if (!options.ok()) return Fail(options.status());
  if (!options->exit_text.empty()) {
    std::cout << options->exit_text;
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  SignalWaiter signals;
  // The clock stands still until it is moved, so that every user can log in once in each step,
  // however fast the server is.
  FakeClock clock(absl::ToUnixMillis(absl::Now()));
  if (!ring.empty()) {
    const absl::Status made = CreateKeyRingFile(ring, SystemRandom(), clock);
    if (!made.ok()) return Fail(made);
  }
  StorageSteps steps;
  const std::unique_ptr<RpcService> bench = NewBenchService(clock, steps);
  ServiceExtras extras;
  extras.service = bench.get();
  extras.prepare = [&](Stores& stores) -> absl::Status {
    const absl::Time begin = absl::Now();
    steps.Use(*stores.storage, *stores.gate);
    if (subjects > 0) {
      const absl::Status seeded = Seed(*stores.storage, *stores.ring, subjects, clock.Now());
      if (!seeded.ok()) return seeded;
      LogInfo("seeded ", subjects, " subjects in ", absl::FormatDuration(absl::Now() - begin));
    }
    return absl::OkStatus();
  };
  const std::unique_ptr<Service> service = NewService(*options, clock, SystemRandom(), extras);
  const absl::Status started = service->Start();
  if (!started.ok()) return Fail(started);
  signals.Wait();
  steps.End();
  service->Shutdown();
  return 0;
}

}  // namespace
}  // namespace twofold::bench

int main(int argc, char** argv) { return twofold::bench::Main(argc, argv); }
