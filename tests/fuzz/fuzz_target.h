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
};

// All targets of this binary: one with libFuzzer, every one in the corpus test.
std::vector<FuzzTarget>& FuzzTargets();

// For the initialiser of a constant beside the target, before main.
inline bool AddFuzzTarget(const char* name, void (*run)(const uint8_t* data, size_t size)) {
  FuzzTargets().push_back({name, run});
  return true;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FUZZ_FUZZ_TARGET_H_
