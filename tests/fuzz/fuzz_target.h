#ifndef TWOFOLD_TESTS_FUZZ_FUZZ_TARGET_H_
#define TWOFOLD_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace twofold {

// What is run on arbitrary input. It aborts where the input breaks a rule.
struct FuzzTarget {
  // Also the folder of its inputs, below tests/fuzz/corpus/.
  std::string name;
  void (*run)(const uint8_t* data, size_t size);
  // How many changes of each input the corpus test tries.
  int changes;
};

// All targets of this binary: one with libFuzzer, every one in the corpus test.
std::vector<FuzzTarget>& FuzzTargets();

// For the initialiser of a constant beside the target, before main. A slow target names fewer
// changes.
inline bool AddFuzzTarget(const char* name, void (*run)(const uint8_t* data, size_t size),
                          int changes = 2000) {
  FuzzTargets().push_back({name, run, changes});
  return true;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FUZZ_FUZZ_TARGET_H_
