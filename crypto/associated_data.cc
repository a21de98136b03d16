#include "crypto/associated_data.h"

#include <cstdint>

namespace twofold {
namespace {

constexpr size_t kLengthSize = 8;

}  // namespace

std::string LengthPrefixed(std::initializer_list<absl::string_view> fields) {
  size_t total = 0;
  for (const absl::string_view field : fields) total += kLengthSize + field.size();
  std::string joined;
  joined.reserve(total);
  for (const absl::string_view field : fields) {
    const uint64_t length = field.size();
    for (int shift = 56; shift >= 0; shift -= 8) joined.push_back(static_cast<char>(length >> shift));
    joined.append(field.data(), field.size());
  }
  return joined;
}

}  // namespace twofold
