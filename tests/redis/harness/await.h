#ifndef TWOFOLD_TESTS_REDIS_HARNESS_AWAIT_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_AWAIT_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace twofold {

// Looks every few milliseconds until `condition` holds; false when it did not within `limit`.
bool Await(absl::Duration limit, absl::FunctionRef<bool()> condition);

// The same for what the harness itself relies on: ends the test with `what` and `details()` when it
// does not come true.
void AwaitOrAbort(const std::string& what, absl::Duration limit, absl::FunctionRef<bool()> condition,
                  absl::FunctionRef<std::string()> details);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_AWAIT_H_
