#include "tests/harness/await.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/steady.h"

namespace twofold {

bool Await(absl::Duration limit, absl::FunctionRef<bool()> condition, absl::Duration pause) {
  const SteadyTime begin = SteadyNow();
  while (!condition()) {
    if (TimeSince(begin) > limit) return false;
    absl::SleepFor(pause);
  }
  return true;
}

void AwaitOrAbort(const std::string& what, absl::Duration limit, absl::FunctionRef<bool()> condition,
                  absl::FunctionRef<std::string()> details) {
  if (Await(limit, condition)) return;
  std::cerr << "not within " << absl::FormatDuration(limit) << ": " << what << "\n" << details() << "\n";
  std::abort();
}

}  // namespace twofold
