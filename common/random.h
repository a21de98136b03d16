#ifndef TWOFOLD_COMMON_RANDOM_H_
#define TWOFOLD_COMMON_RANDOM_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"

namespace twofold {

// A source of random bytes fit for keys. Implementations are thread-safe. An implementation that
// has no bytes ends the process, because no caller could go on safely.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(absl::Span<uint8_t> out) = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_RANDOM_H_
