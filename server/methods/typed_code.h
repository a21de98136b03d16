#ifndef TWOFOLD_SERVER_METHODS_TYPED_CODE_H_
#define TWOFOLD_SERVER_METHODS_TYPED_CODE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// What a user typed, once its shape is known to be that of a code.
struct TypedCode {
  enum class Kind { kDevice, kBackup };

  Kind kind = Kind::kDevice;
  // 6 to 8 digits, or the 16 symbols of a backup code in upper case without dashes.
  std::string text;
};

// Decides the shape of a code on its text alone: 6, 7 or 8 ASCII digits, or a backup code in either case,
// with all of its dashes or none. Any other spelling is no code, so that one code has one text.
std::optional<TypedCode> ParseTypedCode(absl::string_view typed);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_TYPED_CODE_H_
