#ifndef TWOFOLD_BENCH_LOAD_CLOSED_LOOP_H_
#define TWOFOLD_BENCH_LOAD_CLOSED_LOOP_H_

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include "bench/load/target.h"
#include "bench/load/workload.h"

namespace twofold::bench {

struct ClosedLoopSettings {
  Mode mode = Mode::kBare;
  int in_flight = 1;
  // The time before measuring, and the time of measuring.
  double warm_up_seconds = 0.2;
  double seconds = 1;
  pid_t redis = 0;
};

// Keeps `in_flight` calls running for the time of `settings` and reports on them. Blocks. Uses one
// thread.
nlohmann::json RunClosedLoop(Target& target, Workload& workload, const ClosedLoopSettings& settings);

// Makes exactly `calls` calls and reports nothing.
void RunCalls(Target& target, Workload& workload, Mode mode, int in_flight, int64_t calls);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_CLOSED_LOOP_H_
