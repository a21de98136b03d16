#include "bench/server/allocations.h"

#include <jemalloc/jemalloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <new>

// Symbols of the executable come before those of its libraries, so these are everybody's malloc. They hand on
// to names of jemalloc's own, whose free is everybody's free.

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
  return mallocx(std::max<size_t>(size, 1), 0);
}

void* calloc(size_t count, size_t size) {
  twofold::bench::Count();
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  return mallocx(std::max<size_t>(bytes, 1), MALLOCX_ZERO);
}

void* realloc(void* old, size_t size) {
  if (old == nullptr) return malloc(size);
  twofold::bench::Count();
  return rallocx(old, std::max<size_t>(size, 1), 0);
}

}  // extern "C"

// jemalloc's own would not come by the counter.
void* operator new(size_t size) {
  void* const bytes = malloc(size);
  if (bytes == nullptr) throw std::bad_alloc();
  return bytes;
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* bytes) noexcept { free(bytes); }    // NOLINT(cppcoreguidelines-no-malloc)
void operator delete[](void* bytes) noexcept { free(bytes); }  // NOLINT(cppcoreguidelines-no-malloc)
void operator delete(void* bytes, size_t) noexcept { operator delete(bytes); }
void operator delete[](void* bytes, size_t) noexcept { operator delete[](bytes); }
