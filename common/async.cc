#include "common/async.h"

#include "absl/time/clock.h"

namespace twofold {

bool InFlight::WaitForNone(absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  while (count() != 0) {
    if (absl::Now() >= deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

absl::Status FromException(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return absl::InternalError(std::string("exception: ") + e.what());
  } catch (...) {
    return absl::InternalError("exception of an unknown type");
  }
}

}  // namespace twofold
