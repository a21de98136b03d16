#ifndef TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_
#define TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_

#include <cstdint>

namespace twofold::bench {

// How often this program, its shared libraries included, has asked for memory, by the allocator's own
// statistics: to count calls of malloc makes each of them slower. Complete for the calling thread; those of
// others may be counted some time later. Takes the memory away that the thread keeps ready for itself.
int64_t Allocations();

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_ALLOCATIONS_H_
