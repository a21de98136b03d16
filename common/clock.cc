#include "common/clock.h"

#include <chrono>

namespace twofold {
namespace {

class RealClock final : public Clock {
 public:
  UnixMillis Now() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace twofold
