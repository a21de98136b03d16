#include "common/async.h"

#include "common/steady.h"

namespace twofold {

bool InFlight::WaitForNone(absl::Duration timeout) const {
  const SteadyTime deadline = SteadyAfter(timeout);
  while (count() != 0) {
    if (SteadyNow() >= deadline) return false;
    SteadySleep(absl::Milliseconds(1));
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
