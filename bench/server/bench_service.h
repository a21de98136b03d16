#ifndef TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
#define TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "server/rpc/unary_service.h"

namespace twofold::bench {

// Stands still until it is moved, so that every user can log in once in each step, however fast.
class BenchClock final : public Clock {
 public:
  explicit BenchClock(UnixMillis now) : now_(now) {}

  UnixMillis Now() const override { return now_.load(std::memory_order_relaxed); }
  UnixMillis Advance(int64_t millis) { return now_.fetch_add(millis) + millis; }

 private:
  std::atomic<UnixMillis> now_;
};

inline constexpr char kBarePath[] = "/twofold.bench.Bench/Bare";
inline constexpr char kControlPath[] = "/twofold.bench.Bench/Control";

// Two RPCs beside the real ones, on the same port and loops. Bare does nothing: it reads no request and
// answers with as many bytes as it was told. Control takes commands as text and answers in JSON:
//
//   stats           what the process has used so far
//   advance MILLIS  moves the clock
//   bare BYTES      the size of Bare's answer
//   watch           begins to watch how long loops are busy ...
//   watched         ... ends it
std::unique_ptr<UnaryService> NewBenchService(BenchClock& clock);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_BENCH_SERVICE_H_
