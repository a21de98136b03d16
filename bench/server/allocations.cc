#include "bench/server/allocations.h"

#include <jemalloc/jemalloc.h>

#include <initializer_list>

namespace twofold::bench {

int64_t Allocations() {
  // A thread's numbers are added to the total when its cache is emptied, or from time to time.
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  uint64_t epoch = 1;
  size_t size = sizeof(epoch);
  mallctl("epoch", &epoch, &size, &epoch, size);
  int64_t sum = 0;
  // 4096 is MALLCTL_ARENAS_ALL.
  for (const char* name : {"stats.arenas.4096.small.nrequests", "stats.arenas.4096.large.nrequests"}) {
    uint64_t count = 0;
    if (mallctl(name, &count, &size, nullptr, 0) == 0) sum += static_cast<int64_t>(count);
  }
  return sum;
}

}  // namespace twofold::bench
