#ifndef TWOFOLD_STORAGE_CURSOR_H_
#define TWOFOLD_STORAGE_CURSOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Cursors of backends that scan in the order of keys: printable text that holds the last key of a
// page.

namespace twofold {

std::string CursorAfter(absl::string_view last_key);

// The key after which the next page begins. Empty for the empty cursor of a first page.
// INVALID_ARGUMENT: CursorAfter never returned `cursor`.
absl::StatusOr<std::string> KeyBefore(absl::string_view cursor);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_CURSOR_H_
