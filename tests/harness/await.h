#ifndef TWOFOLD_TESTS_HARNESS_AWAIT_H_
#define TWOFOLD_TESTS_HARNESS_AWAIT_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace twofold {

// Asks `condition` until it holds, with a `pause` in between. Returns false if it did not within
// `limit`, which the steady clock measures. Blocks.
bool Await(absl::Duration limit, absl::FunctionRef<bool()> condition,
           absl::Duration pause = absl::Milliseconds(5));

// The same for a condition that the harness itself relies on. If it does not come true, the process
// ends with `what` and `details()`.
void AwaitOrAbort(const std::string& what, absl::Duration limit, absl::FunctionRef<bool()> condition,
                  absl::FunctionRef<std::string()> details);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_AWAIT_H_
