#include "common/async.h"

namespace twofold {

void InFlight::Begin() {
  absl::MutexLock lock(&mutex_);
  ++count_;
}

void InFlight::End() {
  absl::MutexLock lock(&mutex_);
  --count_;
}

int64_t InFlight::count() const {
  absl::MutexLock lock(&mutex_);
  return count_;
}

bool InFlight::WaitForNone(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(+[](int64_t* count) { return *count == 0; }, &count_), timeout);
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
