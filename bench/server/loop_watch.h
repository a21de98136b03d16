#ifndef TWOFOLD_BENCH_SERVER_LOOP_WATCH_H_
#define TWOFOLD_BENCH_SERVER_LOOP_WATCH_H_

#include <atomic>
#include <cstdint>

#include "server/rpc/request_loop.h"

namespace twofold::bench {

// Measures the longest time that a request loop was busy between two polls of its queue. It is off
// until Start, because it reads two clocks each time.
class LoopWatch final : public LoopObserver {
 public:
  struct Longest {
    // Wall-clock time. It includes time that other processes took from the processors.
    int64_t wall_us = 0;
    // The program's own time. It is processor time, or all the time if the thread gave the
    // processor up by itself because it waited for a lock or a disk.
    int64_t own_us = 0;
  };

  // Thread-safe.
  void Start();
  Longest Stop();

  void BeforeWait(bool may_sleep) override;
  void AfterWait() override;

 private:
  void Begin();

  std::atomic<bool> on_{false};
  std::atomic<int64_t> wall_us_{0};
  std::atomic<int64_t> own_us_{0};
  // Used by the loop's thread only.
  bool begun_ = false;
  bool slept_ = false;
  int64_t wall_begin_us_ = 0;
  int64_t cpu_begin_us_ = 0;
  int64_t waits_begin_ = 0;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_LOOP_WATCH_H_
