#ifndef TWOFOLD_COMMON_UNICODE_H_
#define TWOFOLD_COMMON_UNICODE_H_

#include <cstdint>

#include "absl/strings/string_view.h"

// UTF-8 text. All functions are thread-safe.

namespace twofold {

// Takes the first code point off `text`, which is not empty. Where its first byte is not UTF-8, takes that
// byte and returns a negative number.
int32_t TakeCodePoint(absl::string_view& text);

bool IsUtf8(absl::string_view text);

// What is wrong with a text, as the end of a sentence such as "contains a control character". Empty when it
// is valid UTF-8 without control characters and without invisible ones, which Unicode calls ignorable by
// default: zero-width spaces, fillers, characters that turn the direction of writing.
//
// A name that has an invisible character looks like the name without it (RFC 8264 section 9.13).
absl::string_view NameFault(absl::string_view text);
// The same for text that is only shown. It may have joiners and variation selectors, which some scripts and
// most emoji need.
absl::string_view TextFault(absl::string_view text);

// Whether a UTF-8 text begins or ends with white space of any kind.
bool HasOuterSpace(absl::string_view text);

// Whether a UTF-8 text is in Unicode normalization form C.
bool IsNfc(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_UNICODE_H_
