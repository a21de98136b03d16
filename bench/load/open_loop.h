#ifndef TWOFOLD_BENCH_LOAD_OPEN_LOOP_H_
#define TWOFOLD_BENCH_LOAD_OPEN_LOOP_H_

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include "bench/load/target.h"
#include "bench/load/workload.h"

namespace twofold::bench {

struct OpenLoopSettings {
  Mode mode = Mode::kVerify;
  // Calls a second, whether or not earlier ones are answered.
  double rate = 1000;
  double warm_up_seconds = 0.3;
  double seconds = 2;
  // 0: callers wait for ever, and answers are looked for so often that latency is exact to 50 microseconds.
  // Otherwise they are looked for in each tick.
  int deadline_ms = 0;
  pid_t redis = 0;
};

// Calls arrive as a Poisson process, in ticks of a quarter of a millisecond, and their latency counts from
// the tick: what a busy server or a late generator adds is seen, other than in a closed loop. After a refusal
// with pushback the calls that are due on that connection fail at once, without a call, until it is over.
// With a deadline, calls that this program is too late for are not made: a queue here would be taken for one
// in the server. Blocks; on this thread alone.
nlohmann::json RunOpenLoop(Target& target, Workload& workload, const OpenLoopSettings& settings);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_OPEN_LOOP_H_
