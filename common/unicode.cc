#include "common/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace twofold {
namespace {

struct Free {
  // utf8proc allocates with malloc.
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc)
};

const utf8proc_uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

bool IsWhiteSpace(int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

bool IsInvisible(int32_t code_point) { return utf8proc_get_property(code_point)->ignorable != 0; }

// The joiners and the variation selectors.
bool ShapesItsNeighbour(int32_t code_point) {
  return code_point == 0x200C || code_point == 0x200D || (code_point >= 0xFE00 && code_point <= 0xFE0F);
}

absl::string_view Fault(absl::string_view text, bool (*may_be_invisible)(int32_t code_point)) {
  while (!text.empty()) {
    const int32_t code_point = TakeCodePoint(text);
    if (code_point < 0) return "is not valid UTF-8";
    if (utf8proc_category(code_point) == UTF8PROC_CATEGORY_CC) return "contains a control character";
    if (IsInvisible(code_point) && !may_be_invisible(code_point)) return "contains an invisible character";
  }
  return "";
}

}  // namespace

int32_t TakeCodePoint(absl::string_view& text) {
  utf8proc_int32_t code_point = -1;
  const utf8proc_ssize_t size =
      utf8proc_iterate(Bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  text.remove_prefix(size > 0 ? static_cast<size_t>(size) : 1);
  return size > 0 ? code_point : -1;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    if (TakeCodePoint(text) < 0) return false;
  }
  return true;
}

absl::string_view NameFault(absl::string_view text) {
  return Fault(text, [](int32_t) { return false; });
}

absl::string_view TextFault(absl::string_view text) { return Fault(text, ShapesItsNeighbour); }

bool HasOuterSpace(absl::string_view text) {
  int32_t code_point = 0;
  for (bool first = true; !text.empty(); first = false) {
    code_point = TakeCodePoint(text);
    if (first && IsWhiteSpace(code_point)) return true;
  }
  return IsWhiteSpace(code_point);
}

bool IsNfc(absl::string_view text) {
  utf8proc_uint8_t* normalized = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(Bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &normalized,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, Free> owned(normalized);
  return size == static_cast<utf8proc_ssize_t>(text.size()) &&
         std::equal(text.begin(), text.end(), owned.get(),
                    [](char a, utf8proc_uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

}  // namespace twofold
