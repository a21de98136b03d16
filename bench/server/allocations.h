#ifndef TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_
#define TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_

#include <cstdint>

namespace twofold::bench {

// Returns how often this program, including its shared libraries, has asked for memory. The figure
// comes from the allocator's own statistics, because counting calls of malloc makes each of them
// slower. It is complete for the calling thread. Calls of other threads may be counted some time
// later. The function takes away the memory that the thread keeps ready for itself.
int64_t Allocations();

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_
