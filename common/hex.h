#ifndef TWOFOLD_COMMON_HEX_H_
#define TWOFOLD_COMMON_HEX_H_

#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// Returns the bytes that pairs of hexadecimal digits of either case stand for. Returns an empty
// string if `hex` is anything else. Abseil's function of this kind has changed its signature, so no
// call of it compiles with every release of Abseil.
std::string BytesOfHex(absl::string_view hex);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_HEX_H_
