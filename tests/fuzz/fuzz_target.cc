#include "tests/fuzz/fuzz_target.h"

namespace twofold {

std::vector<FuzzTarget>& FuzzTargets() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

}  // namespace twofold
