#ifndef TWOFOLD_CRYPTO_ASSOCIATED_DATA_H_
#define TWOFOLD_CRYPTO_ASSOCIATED_DATA_H_

#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// Joins the fields, each after its length (8 bytes, big-endian). Two different lists never give the
// same text.
std::string LengthPrefixed(std::initializer_list<absl::string_view> fields);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_ASSOCIATED_DATA_H_
