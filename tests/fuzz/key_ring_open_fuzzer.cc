// KeyRing::Open takes what storage gives. The key is drawn anew in each process, so that nothing sealed
// elsewhere may open.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/key_ring.h"
#include "crypto/system_random.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

std::unique_ptr<twofold::KeyRing> NewRing() {
  std::vector<twofold::RingKey> keys;
  for (const uint32_t id : {1, 2}) {
    keys.emplace_back(id, twofold::SecretBytes::FromString(
                              twofold::RandomBytes(twofold::SystemRandom(), twofold::KeyRing::kKeySize)));
  }
  return *twofold::KeyRing::Create(1, std::move(keys));
}

void Run(const uint8_t* data, size_t size) {
  static const std::unique_ptr<twofold::KeyRing> ring = NewRing();
  const absl::string_view sealed = twofold::AsText({data, size});
  for (const absl::string_view key_info : {"", "request"}) {
    const auto opened = ring->Open(twofold::Purpose::kSecret, sealed, "context", key_info);
    if (opened.ok()) std::abort();
    if (!absl::IsDataLoss(opened.status()) && !absl::IsFailedPrecondition(opened.status())) std::abort();
  }
  ring->SealedByPrimary(sealed);
  ring->DigestMatches(1, "label", "data", sealed);
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("key_ring_open", &Run);

}  // namespace
