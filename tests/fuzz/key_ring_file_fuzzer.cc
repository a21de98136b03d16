// ParseKeyRing takes a file that an operator wrote. A ring that it accepts seals and opens.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crypto/bytes.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void Run(const uint8_t* data, size_t size) {
  const auto ring = twofold::ParseKeyRing(twofold::AsText({data, size}), "ring");
  if (!ring.ok()) return;
  const auto sealed = (*ring)->Seal(twofold::Purpose::kSecret, "text", "context", twofold::SystemRandom());
  const auto opened = (*ring)->Open(twofold::Purpose::kSecret, sealed, "context");
  if (!opened.ok() || opened->text() != "text" || !(*ring)->SealedByPrimary(sealed)) std::abort();
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("key_ring_file", &Run);

}  // namespace
