#include "storage/cursor.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/arguments.h"

namespace twofold {
namespace {

constexpr absl::string_view kPrefix = "k1-";

}  // namespace

std::string CursorAfter(absl::string_view last_key) {
  return absl::StrCat(kPrefix, absl::WebSafeBase64Escape(last_key));
}

absl::StatusOr<std::string> KeyBefore(absl::string_view cursor) {
  std::string key;
  if (cursor.empty()) return key;
  absl::string_view encoded = cursor;
  // Unescaping forgives padding and spaces, which no cursor has: only what encodes back to itself
  // is one.
  if (!absl::ConsumePrefix(&encoded, kPrefix) || !absl::WebSafeBase64Unescape(encoded, &key) ||
      !CheckKey(key).ok() || CursorAfter(key) != cursor) {
    return absl::InvalidArgumentError("cursor is not one that a scan returned");
  }
  return key;
}

}  // namespace twofold
