#ifndef TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
#define TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_

#include <memory>

#include "bench/server/storage_steps.h"
#include "server/rpc/rpc_service.h"
#include "tests/fakes/fake_clock.h"

namespace twofold::bench {

inline constexpr char kBarePath[] = "/twofold.bench.Bench/Bare";
inline constexpr char kStorePath[] = "/twofold.bench.Bench/Store";
inline constexpr char kControlPath[] = "/twofold.bench.Bench/Control";

// Serves three RPCs beside the real ones, on the same port and loops. Bare does nothing. It reads
// no request and answers with the number of bytes that it was told. Store does the same after it
// has taken the next of `steps`. Control takes commands as text and answers in JSON:
//
//     stats           what the process has used so far
//     advance MILLIS  moves the clock, which otherwise stands still
//     bare BYTES      sets the size of the answers of Bare and Store
//     subjects N      sets the number of users whose records Store reads and writes
//     watch           starts to measure how long loops are busy
//     watched         stops to measure it
//
// `clock` and `steps` must outlive the service.
std::unique_ptr<RpcService> NewBenchService(FakeClock& clock, StorageSteps& steps);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
