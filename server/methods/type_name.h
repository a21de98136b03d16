#ifndef TWOFOLD_SERVER_METHODS_TYPE_NAME_H_
#define TWOFOLD_SERVER_METHODS_TYPE_NAME_H_

#include "absl/strings/string_view.h"
#include "twofold/v1/method.pb.h"

namespace twofold {

// "totp" for METHOD_TYPE_TOTP, and so on for every value that the API knows. "" for any other number and for
// METHOD_TYPE_UNSPECIFIED. The text lives as long as the process. Thread-safe.
absl::string_view MethodTypeName(v1::MethodType type);

// The type with this name. METHOD_TYPE_UNSPECIFIED when there is none.
v1::MethodType MethodTypeNamed(absl::string_view name);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_TYPE_NAME_H_
