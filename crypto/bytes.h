#ifndef TWOFOLD_CRYPTO_BYTES_H_
#define TWOFOLD_CRYPTO_BYTES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace twofold {

// These views show the same bytes as the other type and copy nothing.
inline absl::Span<const uint8_t> AsBytes(absl::string_view text) {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

inline absl::string_view AsText(absl::Span<const uint8_t> bytes) {
  return absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_BYTES_H_
