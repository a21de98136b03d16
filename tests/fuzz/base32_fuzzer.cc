// Base32Decode takes what users paste. What it accepts, it gives again after an encoding.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void Run(const uint8_t* data, size_t size) {
  using twofold::AsText;
  const auto decoded = twofold::Base32Decode(AsText({data, size}));
  if (!decoded.ok()) return;
  for (const auto& encoded :
       {twofold::Base32Encode(decoded->bytes()), twofold::Base32EncodeLower(decoded->bytes())}) {
    const auto again = twofold::Base32Decode(encoded);
    if (!again.ok() || !again->ConstantTimeEquals(*decoded)) std::abort();
  }
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("base32", &Run);

}  // namespace
