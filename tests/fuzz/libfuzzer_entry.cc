#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  twofold::FuzzTargets().front().run(data, size);
  return 0;
}
