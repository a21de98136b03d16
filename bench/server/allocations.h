#ifndef TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_
#define TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_

#include <cstdint>

namespace twofold::bench {

// How often this program, its shared libraries included, has asked for memory (malloc, calloc, realloc and
// whatever stands on them).
int64_t Allocations();

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_
