#include "bench/server/loop_watch.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>

namespace twofold::bench {
namespace {

int64_t Micros(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

// Returns how often this thread gave its processor up by itself.
int64_t Waits() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace

void LoopWatch::Start() {
  wall_us_ = 0;
  own_us_ = 0;
  on_ = true;
}

LoopWatch::Longest LoopWatch::Stop() {
  on_ = false;
  Longest longest;
  longest.wall_us = wall_us_;
  longest.own_us = own_us_;
  return longest;
}

// A poll that may not sleep counts as work of the loop, because gRPC reads during it.
void LoopWatch::BeforeWait(bool may_sleep) {
  slept_ = may_sleep;
  if (!on_.load(std::memory_order_relaxed)) {
    begun_ = false;
    return;
  }
  if (!begun_) return;
  const int64_t wall = Micros(CLOCK_MONOTONIC) - wall_begin_us_;
  const int64_t cpu = Micros(CLOCK_THREAD_CPUTIME_ID) - cpu_begin_us_;
  const int64_t own = Waits() > waits_begin_ ? wall : cpu;
  wall_us_ = std::max<int64_t>(wall_us_, wall);
  own_us_ = std::max<int64_t>(own_us_, own);
  if (!may_sleep) Begin();
}

void LoopWatch::AfterWait() {
  if (!on_.load(std::memory_order_relaxed)) return;
  if (slept_ || !begun_) Begin();
}

void LoopWatch::Begin() {
  begun_ = true;
  wall_begin_us_ = Micros(CLOCK_MONOTONIC);
  cpu_begin_us_ = Micros(CLOCK_THREAD_CPUTIME_ID);
  waits_begin_ = Waits();
}

}  // namespace twofold::bench
