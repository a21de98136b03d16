#include "crypto/associated_data.h"

#include <endian.h>

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
    const uint64_t length = htobe64(field.size());
    joined.append(reinterpret_cast<const char*>(&length), kLengthSize);
    joined.append(field.data(), field.size());
  }
  return joined;
}

}  // namespace twofold
