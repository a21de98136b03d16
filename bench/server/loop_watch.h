#ifndef TWOFOLD_BENCH_SERVER_LOOP_WATCH_H_
#define TWOFOLD_BENCH_SERVER_LOOP_WATCH_H_

#include <atomic>
#include <cstdint>

#include "server/rpc/request_loop.h"

namespace twofold::bench {

// The longest that a request loop was busy between two looks at its queue. Off until Start, since it reads
// two clocks each time.
class LoopWatch final : public LoopObserver {
 public:
  struct Longest {
    // On the wall: with competitors for the processors, also the time that they took.
    int64_t wall_us = 0;
    // The program's own doing: processor time, or all the time where the thread gave the processor up by
    // itself, that is, waited for a lock or a disk.
    int64_t own_us = 0;
  };

  // Any thread.
  void Start();
  Longest Stop();

  void BeforeWait(bool may_sleep) override;
  void AfterWait() override;

 private:
  void Begin();

  std::atomic<bool> on_{false};
  std::atomic<int64_t> wall_us_{0};
  std::atomic<int64_t> own_us_{0};
  // Of the loop's thread.
  bool begun_ = false;
  bool slept_ = false;
  int64_t wall_begin_us_ = 0;
  int64_t cpu_begin_us_ = 0;
  int64_t waits_begin_ = 0;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_LOOP_WATCH_H_
