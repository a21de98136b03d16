#ifndef TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
#define TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_

#include <memory>

#include "server/rpc/unary_service.h"
#include "tests/fakes/fake_clock.h"

namespace twofold::bench {

inline constexpr char kBarePath[] = "/twofold.bench.Bench/Bare";
inline constexpr char kControlPath[] = "/twofold.bench.Bench/Control";

// Two RPCs beside the real ones, on the same port and loops. Bare does nothing: it reads no request and
// answers with as many bytes as it was told. Control takes commands as text and answers in JSON:
//
//   stats           what the process has used so far
//   advance MILLIS  moves the clock, which otherwise stands still
//   bare BYTES      the size of Bare's answer
//   watch           begins to watch how long loops are busy ...
//   watched         ... ends it
std::unique_ptr<UnaryService> NewBenchService(FakeClock& clock);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
