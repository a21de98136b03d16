#ifndef TWOFOLD_TESTS_HARNESS_WALL_CLOCK_H_
#define TWOFOLD_TESTS_HARNESS_WALL_CLOCK_H_

#include "absl/time/time.h"

namespace twofold {

// A test that links this library has a time of day of its own. The library replaces clock_gettime,
// gettimeofday and time. A wait until a time of day ends when that clock reaches it, as the kernel
// would end it. The steady clock stays the system's.
//
// StepWallClock sets the clock on, or back if `by` is negative. Thread-safe.
void StepWallClock(absl::Duration by);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_WALL_CLOCK_H_
