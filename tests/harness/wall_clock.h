#ifndef TWOFOLD_TESTS_HARNESS_WALL_CLOCK_H_
#define TWOFOLD_TESTS_HARNESS_WALL_CLOCK_H_

#include "absl/time/time.h"

namespace twofold {

// A test that links this library has a time of day of its own: clock_gettime, gettimeofday and time are
// replaced, and a wait until a time of day ends, as the kernel would end it, when that clock says so. The
// steady clock stays the system's.
//
// Sets the clock on, or back if `by` is negative. Thread-safe.
void StepWallClock(absl::Duration by);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_WALL_CLOCK_H_
