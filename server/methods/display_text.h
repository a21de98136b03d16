#ifndef TWOFOLD_SERVER_METHODS_DISPLAY_TEXT_H_
#define TWOFOLD_SERVER_METHODS_DISPLAY_TEXT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/unicode.h"
#include "server/errors.h"

namespace twofold {

// INVALID_REQUEST when `text`, which apps or lists show, has a fault (TextFault) or more than `max_size`
// bytes.
inline absl::Status CheckDisplayText(absl::string_view field, absl::string_view text, size_t max_size) {
  if (text.size() > max_size)
    return InvalidRequestError(field, absl::StrCat("is longer than ", max_size, " bytes"));
  const absl::string_view fault = TextFault(text);
  return fault.empty() ? absl::OkStatus() : InvalidRequestError(field, fault);
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_DISPLAY_TEXT_H_
