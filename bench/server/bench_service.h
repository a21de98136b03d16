#ifndef TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
#define TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_

#include <memory>

#include "bench/server/storage_steps.h"
#include "server/rpc/unary_service.h"
#include "tests/fakes/fake_clock.h"

namespace twofold::bench {

inline constexpr char kBarePath[] = "/twofold.bench.Bench/Bare";
inline constexpr char kStorePath[] = "/twofold.bench.Bench/Store";
inline constexpr char kControlPath[] = "/twofold.bench.Bench/Control";

// Three RPCs beside the real ones, on the same port and loops. Bare does nothing: it reads no request and
// answers with as many bytes as it was told. Store does the same after it has taken the next of `steps`.
// Control takes commands as text and answers in JSON:
//
//   stats           what the process has used so far
//   advance MILLIS  moves the clock, which otherwise stands still
//   bare BYTES      the size of Bare's and Store's answer
//   subjects N      whose records Store reads and writes
//   watch           begins to watch how long loops are busy ...
//   watched         ... ends it
//
// `clock` and `steps` outlive it.
std::unique_ptr<UnaryService> NewBenchService(FakeClock& clock, StorageSteps& steps);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
