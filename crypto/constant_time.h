#ifndef TWOFOLD_CRYPTO_CONSTANT_TIME_H_
#define TWOFOLD_CRYPTO_CONSTANT_TIME_H_

#include "absl/strings/string_view.h"

namespace twofold {

// Takes the same time wherever the texts differ. Their sizes are not secret.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_CONSTANT_TIME_H_
