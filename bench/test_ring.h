#ifndef TWOFOLD_BENCH_TEST_RING_H_
#define TWOFOLD_BENCH_TEST_RING_H_

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/key_ring.h"

namespace twofold::bench {

// Returns a key ring for records that nobody keeps.
inline std::unique_ptr<KeyRing> NewTestRing() {
  std::vector<RingKey> keys;
  keys.emplace_back(1, SecretBytes::FromString(std::string(KeyRing::kKeySize, 'k')));
  absl::StatusOr<std::unique_ptr<KeyRing>> ring = KeyRing::Create(1, std::move(keys));
  if (!ring.ok()) std::abort();
  return *std::move(ring);
}

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_TEST_RING_H_
