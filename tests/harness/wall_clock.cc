#include "tests/harness/wall_clock.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>

namespace {

// The type that the C library's syscall takes and returns.
using Word = decltype(::syscall(0));

constexpr int64_t kNanos = 1'000'000'000;

std::atomic<int64_t> offset_ns{0};

// Calls the C library's own function, which is replaced below.
Word SystemCall(Word number, Word a, Word b, Word c = 0, Word d = 0, Word e = 0, Word f = 0) {
  static const auto real = reinterpret_cast<Word (*)(Word, ...)>(dlsym(RTLD_NEXT, "syscall"));
  return real(number, a, b, c, d, e, f);
}

timespec SystemTime(clockid_t clock) {
  timespec time = {};
  SystemCall(SYS_clock_gettime, clock, reinterpret_cast<Word>(&time));
  return time;
}

int64_t ToNanos(const timespec& time) { return time.tv_sec * kNanos + time.tv_nsec; }

timespec ToTime(int64_t nanos) {
  return {static_cast<time_t>(nanos / kNanos), static_cast<Word>(nanos % kNanos)};
}

int64_t WallNanos() { return ToNanos(SystemTime(CLOCK_REALTIME)) + offset_ns; }

// Polls whether the clock was set meanwhile.
Word WaitUntilWallTime(const Word* a) {
  const int64_t deadline = ToNanos(*reinterpret_cast<const timespec*>(a[3]));
  while (WallNanos() < deadline) {
    constexpr int64_t kLook = 5'000'000;
    const timespec slice = ToTime(ToNanos(SystemTime(CLOCK_REALTIME)) + kLook);
    const Word result = SystemCall(SYS_futex, a[0], a[1], a[2], reinterpret_cast<Word>(&slice), a[4], a[5]);
    if (result == 0 || errno != ETIMEDOUT) return result;
  }
  errno = ETIMEDOUT;
  return -1;
}

}  // namespace

namespace twofold {

void StepWallClock(absl::Duration by) { offset_ns += absl::ToInt64Nanoseconds(by); }

}  // namespace twofold

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  *time = SystemTime(clock);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) *time = ToTime(ToNanos(*time) + offset_ns);
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const int64_t now = WallNanos();
  *time = {static_cast<time_t>(now / kNanos), static_cast<suseconds_t>(now % kNanos / 1000)};
  return 0;
}

time_t time(time_t* out) noexcept {
  const time_t now = WallNanos() / kNanos;
  if (out != nullptr) *out = now;
  return now;
}

Word syscall(Word number, ...) noexcept {
  va_list list;
  va_start(list, number);
  Word a[6];
  for (Word& argument : a) argument = va_arg(list, Word);
  va_end(list);
  const bool until_wall_time = number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
                               (a[1] & FUTEX_CLOCK_REALTIME) != 0 && a[3] != 0;
  if (until_wall_time) return WaitUntilWallTime(a);
  return SystemCall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
}
