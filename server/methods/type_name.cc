#include "server/methods/type_name.h"

#include <array>
#include <string>

#include "absl/strings/ascii.h"

namespace twofold {
namespace {

constexpr size_t kPrefixSize = sizeof("METHOD_TYPE_") - 1;

using Names = std::array<std::string, v1::MethodType_ARRAYSIZE>;

const Names& AllNames() {
  static const auto& names = *new Names([] {
    Names made;
    for (int type = v1::METHOD_TYPE_UNSPECIFIED + 1; type < v1::MethodType_ARRAYSIZE; ++type) {
      const std::string& full = v1::MethodType_Name(type);
      if (!full.empty()) made[static_cast<size_t>(type)] = absl::AsciiStrToLower(full.substr(kPrefixSize));
    }
    return made;
  }());
  return names;
}

}  // namespace

absl::string_view MethodTypeName(v1::MethodType type) {
  return v1::MethodType_IsValid(type) ? absl::string_view(AllNames()[static_cast<size_t>(type)]) : "";
}

v1::MethodType MethodTypeNamed(absl::string_view name) {
  for (int type = v1::METHOD_TYPE_UNSPECIFIED + 1; type < v1::MethodType_ARRAYSIZE; ++type) {
    if (name == MethodTypeName(static_cast<v1::MethodType>(type))) return static_cast<v1::MethodType>(type);
  }
  return v1::METHOD_TYPE_UNSPECIFIED;
}

}  // namespace twofold
