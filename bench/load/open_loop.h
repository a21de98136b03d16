#ifndef TWOFOLD_BENCH_LOAD_OPEN_LOOP_H_
#define TWOFOLD_BENCH_LOAD_OPEN_LOOP_H_

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include "bench/load/target.h"
#include "bench/load/workload.h"

namespace twofold::bench {

struct OpenLoopSettings {
  Mode mode = Mode::kVerify;
  // Calls per second, whether or not earlier ones are answered.
  double rate = 1000;
  double warm_up_seconds = 0.3;
  double seconds = 2;
  // With 0, callers wait without a limit, and the program polls for answers so often that latencies
  // are exact to 50 microseconds. Otherwise it polls in each tick.
  int deadline_ms = 0;
  pid_t redis = 0;
};

// Calls arrive as a Poisson process, in ticks of a quarter of a millisecond, and their latency
// counts from the tick. Unlike in a closed loop, the figures therefore include the delay that a
// busy server or a late generator adds. After a rejection with pushback, the calls that are due on
// that connection fail at once, without being sent, until the pushback is over. With a deadline,
// calls that this program is too late for are not made, because a queue here would look like one in
// the server. Blocks. Uses this thread alone.
nlohmann::json RunOpenLoop(Target& target, Workload& workload, const OpenLoopSettings& settings);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_OPEN_LOOP_H_
