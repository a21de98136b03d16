#ifndef TWOFOLD_TESTS_HARNESS_ROUNDS_H_
#define TWOFOLD_TESTS_HARNESS_ROUNDS_H_

#include <cstdlib>

namespace twofold {

// Returns how often a test repeats a part that depends on chance. It is `in_a_soak` under `./dev
// soak`, which sets TWOFOLD_SOAK=1, and otherwise `usually`.
inline int Rounds(int usually, int in_a_soak) {
  const char* const soak = std::getenv("TWOFOLD_SOAK");
  return soak != nullptr && soak[0] == '1' ? in_a_soak : usually;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_ROUNDS_H_
