#ifndef TWOFOLD_TESTS_HARNESS_ROUNDS_H_
#define TWOFOLD_TESTS_HARNESS_ROUNDS_H_

#include <cstdlib>

namespace twofold {

// How often a test repeats what chance decides: `in_a_soak` times under `./dev soak`, which sets
// TWOFOLD_SOAK=1, otherwise `usually`.
inline int Rounds(int usually, int in_a_soak) {
  const char* const soak = std::getenv("TWOFOLD_SOAK");
  return soak != nullptr && soak[0] == '1' ? in_a_soak : usually;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_ROUNDS_H_
