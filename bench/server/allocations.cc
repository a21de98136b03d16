#include "bench/server/allocations.h"

#include <array>
#include <atomic>
#include <cstddef>

// Symbols of the executable come before those of its libraries, so these are everybody's malloc. They hand on
// to glibc's own names.

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
}

namespace twofold::bench {
namespace {

// A line of the cache for each thread; the last is shared by all that come late.
struct alignas(64) Counter {
  std::atomic<int64_t> count{0};
};
constexpr size_t kCounters = 256;
std::array<Counter, kCounters> counters;
std::atomic<size_t> threads{0};
thread_local Counter* mine = nullptr;

void Count() {
  if (mine == nullptr) mine = &counters[std::min(threads.fetch_add(1), kCounters - 1)];
  if (mine == &counters.back()) {
    mine->count.fetch_add(1, std::memory_order_relaxed);
  } else {
    mine->count.store(mine->count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

}  // namespace

int64_t Allocations() {
  int64_t sum = 0;
  for (const Counter& counter : counters) sum += counter.count.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace twofold::bench

extern "C" {

void* malloc(size_t size) {
  twofold::bench::Count();
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  twofold::bench::Count();
  return __libc_calloc(count, size);
}

void* realloc(void* old, size_t size) {
  twofold::bench::Count();
  return __libc_realloc(old, size);
}

}  // extern "C"
